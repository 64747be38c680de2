import { dirname } from "@std/path/posix";
import { reasonOf } from "../../errors.ts";
import { makeFolderOf, printablePath } from "../../platform/mod.ts";
import { listenerPid } from "../../platform/ffi/peer_process.ts";
import { descendantsOf } from "../../platform/processes.ts";
import type { SessionEntry } from "../../registry/mod.ts";
import type { CodeServerPaths } from "./options.ts";
import { type ForwarderOptions, SessionForwarder } from "./session_forwarder.ts";

export interface ForwardCodeServerOptions extends Pick<ForwarderOptions, "registrySocket" | "log"> {
  readonly paths: CodeServerPaths;
  /** The pid of the running code-server. */
  pid(): number | undefined;
}

const KIND = "code-server";

/** Registers the windows of a supervised code-server with the registry as well. */
export function forwardCodeServer(options: ForwardCodeServerOptions): SessionForwarder {
  const { paths, registrySocket, log, pid } = options;
  makeDirectoryOf(paths.sessionSocket, log);
  return new SessionForwarder({
    sessionSocket: paths.sessionSocket,
    registrySocket,
    log,
    async complete(entry: SessionEntry) {
      const kind = typeof entry.kind === "string" && entry.kind !== "" ? entry.kind : KIND;
      const relaySocket = entry.relaySocket ??
        (await isWindowOf(pid(), entry.socketPath) ? paths.httpSocket : undefined);
      return { ...entry, kind, ...(relaySocket === undefined ? {} : { relaySocket }) };
    },
  });
}

/**
 * Creates the directory of the session socket. At its very first start, code-server binds the
 * socket before its data directory exists, and continues without a socket, so that its windows
 * could not register.
 */
function makeDirectoryOf(socket: string, log: (message: string) => void): void {
  try {
    makeFolderOf(socket, 0o700);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    log(`cannot make ${printablePath(dirname(socket))}: ${reasonOf(error)}`);
  }
}

/**
 * Whether a window belongs to the supervised code-server: another one with the same data directory
 * uses the same session socket, but serves HTTP elsewhere.
 */
async function isWindowOf(server: number | undefined, editorSocket: string): Promise<boolean> {
  if (server === undefined || Deno.build.os !== "linux") return server !== undefined;
  try {
    const pid = await listenerPid(editorSocket);
    if (pid === undefined || pid === server) return true;
    return descendantsOf(server).some((process) => process.pid === pid);
  } catch {
    return true; // Nobody listens there (yet), so only the registration itself counts.
  }
}
