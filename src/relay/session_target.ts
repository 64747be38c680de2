import { printablePath, SessionctlError } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";

/**
 * Asks the registry, for each connection, for the relay socket of the live session
 * whose folder holds `path`. An editor's CLI socket is never given out: whoever
 * reaches it can run commands.
 *
 * With no such session, the socket that the last one told of is given, for the editor
 * may serve there still: a page that is loaded again has ended its window by then, and
 * registers the next one through the relay.
 *
 * @param registrySocket The registry's socket; found by the usual rules unless given.
 */
export function sessionResolver(path: string, registrySocket?: string): () => Promise<string> {
  const registry = new RegistryClient({ socket: registrySocket });
  let last: string | undefined;
  return async () => {
    for (const { session, folder, liveness } of await registry.candidates(path)) {
      if (folder === null || liveness !== "live") continue;
      if (session.relaySocket !== undefined && session.relaySocket !== session.socketPath) {
        return last = session.relaySocket;
      }
    }
    if (last !== undefined) return last;
    throw new SessionctlError(
      "NO_TARGET",
      `no live session that holds ${printablePath(path)} has a relay socket`,
    );
  };
}
