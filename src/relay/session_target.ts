import { printablePath, SessionctlError } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";

/**
 * Asks the registry, for each connection, for the relay socket of the live session
 * whose folder holds `path`. An editor's CLI socket is never given out: whoever
 * reaches it can run commands.
 *
 * @param registrySocket The registry's socket; found by the usual rules unless given.
 */
export function sessionResolver(path: string, registrySocket?: string): () => Promise<string> {
  const registry = new RegistryClient({ socket: registrySocket });
  return async () => {
    for (const { session, folder, liveness } of await registry.candidates(path)) {
      if (folder === null || liveness !== "live") continue;
      if (session.relaySocket !== undefined && session.relaySocket !== session.socketPath) {
        return session.relaySocket;
      }
    }
    throw new SessionctlError(
      "NO_TARGET",
      `no live session that holds ${printablePath(path)} has a relay socket`,
    );
  };
}
