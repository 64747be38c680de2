import { delay } from "@std/async/delay";
import { type ChannelPeer, connectChannels } from "../../ipc/mod.ts";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import type { RegistryClient } from "../../registry/mod.ts";

/**
 * The hub's socket, as the registry tells it.
 *
 * @throws {SessionctlError} as `RegistryClient.health`; `REGISTRY_ERROR` when the registry has
 * no hub, `FOREIGN_OWNER` when its socket is another user's.
 */
export async function hubSocket(registry: RegistryClient): Promise<string> {
  const { ipcSocket } = await registry.health();
  if (!ipcSocket) {
    throw new SessionctlError(
      "REGISTRY_ERROR",
      `the registry at ${printablePath(registry.socketPath)} has no hub`,
      { hint: "it is an older one, or could not listen; see its messages" },
    );
  }
  return ipcSocket;
}

/** How long a hub that has just gone may take to come back, in milliseconds. */
const RETURN_MS = 2000;
const PAUSE_MS = 25;

/** Connects to the hub; `REGISTRY_UNREACHABLE` when it has gone meanwhile, for good. */
export async function connectHub(registry: RegistryClient, context: string): Promise<ChannelPeer> {
  for (const deadline = performance.now() + RETURN_MS;;) {
    // Waits for a registry that restarts.
    const socket = await hubSocket(registry);
    try {
      return await connectChannels(socket, context);
    } catch (error) {
      const code = errnoOf(error);
      if (code !== "SOCKET_MISSING" && code !== "CONNECTION_REFUSED") throw error;
      if (performance.now() > deadline) throw hubGone(socket, error);
    }
    await delay(PAUSE_MS);
  }
}

function hubGone(socket: string, cause: unknown): SessionctlError {
  return new SessionctlError(
    "REGISTRY_UNREACHABLE",
    `no hub listens on ${printablePath(socket)}`,
    { hint: "is the registry ending? start it with: sessionctl serve --detach", cause },
  );
}
