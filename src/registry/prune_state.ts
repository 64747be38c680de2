import type { LivenessOptions } from "./liveness.ts";
import { Registry } from "./registry.ts";
import type { Session } from "./session.ts";
import { SessionStore } from "./store.ts";
import { Upstreams } from "./upstream.ts";

/**
 * Removes the dead sessions from a state file that no server is using.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` when it cannot be opened, or a server has it.
 */
export async function pruneState(
  stateFile: string,
  options: LivenessOptions & { dryRun: boolean },
): Promise<Session[]> {
  const store = SessionStore.open(stateFile);
  try {
    const registry = new Registry({ ...options, store, upstreams: new Upstreams([], options) });
    return await registry.prune({ dryRun: options.dryRun });
  } finally {
    store.close();
  }
}
