import type { LivenessOptions } from "../index/liveness.ts";
import { Registry } from "../server/registry.ts";
import type { Session } from "../session.ts";
import { describeTrouble } from "./loss.ts";
import { SessionStore } from "./store.ts";
import { Upstreams } from "../server/upstream.ts";

/**
 * Removes the dead sessions from a state file that no server is using.
 *
 * @param options `log` is called with each line about damage to the file.
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if the file cannot be opened or written, or a
 * server uses it.
 */
export async function pruneState(
  stateFile: string,
  options: LivenessOptions & { dryRun: boolean; log?(message: string): void },
): Promise<Session[]> {
  const store = SessionStore.open(stateFile, options.log);
  try {
    for (const message of describeTrouble(store)) options.log?.(message);
    const failures: unknown[] = [];
    const registry = new Registry({
      ...options,
      store,
      upstreams: new Upstreams([], options),
      onPruneFailure: (error) => failures.push(error),
    });
    const pruned = await registry.prune({ dryRun: options.dryRun });
    if (failures.length > 0) throw failures[0];
    return pruned;
  } finally {
    store.close();
  }
}
