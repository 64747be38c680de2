import { STATUS_CODE } from "@std/http/status";
import type { Hub, RegistryService, RunningHub } from "../../ipc/mod.ts";
import {
  type HttpReply,
  type HttpRequest,
  jsonReply,
  type WaitingBudget,
} from "../../http/server/mod.ts";
import { messageOf } from "../../errors.ts";
import { realPathOf } from "../../platform/mod.ts";
import { LeftWindows } from "./left_windows.ts";
import type { Registry } from "./registry.ts";
import { hubSocketPath } from "../paths.ts";
import { type Session, workspaceFolders } from "../session.ts";

/** Adapts the registry to the interface that its hub uses. */
function asService(registry: Registry, left: LeftWindows): RegistryService {
  return {
    windowLeft: (socketPath) => left.add(socketPath),
    snapshot: () => registry.snapshot(),
    subscribe: (listener) => registry.subscribe(listener),
    find: (path) => registry.find(path),
    add: (entry) => registry.add(entry),
    remove: (socketPath) => registry.remove(socketPath),
    prune: () => registry.prune(),
    foldersOf(session) {
      const folders = workspaceFolders((session as Session).workspace);
      return [...new Set([...folders, ...folders.map(realPathOf)])];
    },
  };
}

/**
 * Starts the hub. If that fails, for example because its path is too long, the registry still
 * serves.
 */
export async function startHub(
  registry: Registry,
  options: {
    readonly registrySocket: string;
    readonly maxConnections: number;
    readonly budget: WaitingBudget;
    log(message: string): void;
  },
): Promise<RunningHub | undefined> {
  const { registrySocket, maxConnections, budget, log } = options;
  const { serveHub } = await import("../../ipc/mod.ts");
  const left = new LeftWindows({
    check: (socketPath) => registry.check(socketPath),
    isBack: (socketPath) => running?.hub.hasWindow(socketPath) ?? false,
  });
  let running: RunningHub | undefined;
  try {
    running = await serveHub({
      registry: asService(registry, left),
      socketPath: hubSocketPath(registrySocket),
      maxConnections,
      budget,
      onError: (error) => log(`the hub: ${messageOf(error)}`),
    });
    const { hub, socketPath, close } = running;
    return { hub, socketPath, close: () => (left.stop(), close()) };
  } catch (error) {
    log(`the hub is not available: ${messageOf(error)}`);
    return undefined;
  }
}

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** `GET /ipc` as a WebSocket: the channel protocol, as on the hub's own socket. */
export async function hubWebSocket(
  request: HttpRequest,
  hub: Hub | undefined,
  pingIntervalMs?: number,
): Promise<HttpReply> {
  const { acceptWebSocket, wantsWebSocket } = await import("../../http/server/websocket.ts");
  if (!hub) return jsonReply(STATUS_CODE.NotFound, { error: "this registry has no hub" });
  if (!wantsWebSocket(request)) {
    return jsonReply(
      STATUS_CODE.UpgradeRequired,
      { error: "/ipc is a WebSocket that carries the channel protocol" },
      { Upgrade: "websocket", Connection: "close" },
    );
  }
  const { webSocketStream } = await import("../../ipc/mod.ts");
  return {
    status: STATUS_CODE.SwitchingProtocols,
    upgrade: (connection) =>
      acceptWebSocket(
        request,
        connection,
        { maxMessageBytes: MAX_MESSAGE_BYTES, pingIntervalMs },
        (socket) => void hub.accept(webSocketStream(socket)),
      ),
  };
}
