import { hasCode, messageOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import type { LivenessOptions } from "../index/liveness.ts";
import { Registry } from "../server/registry.ts";
import type { Session } from "../session.ts";
import { describeTrouble } from "./loss.ts";
import { stateHolder } from "./state_holder.ts";
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
  const store = open(stateFile, options.log);
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

/** Opens the state file. The hints of {@link SessionStore.open} name options of a server. */
function open(stateFile: string, log?: (message: string) => void): SessionStore {
  try {
    return SessionStore.open(stateFile, log);
  } catch (error) {
    if (!hasCode(error, "STATE_UNAVAILABLE")) throw error;
    const hint = hintFor(stateFile);
    throw new SessionctlError("STATE_UNAVAILABLE", messageOf(error), {
      cause: error,
      ...hint !== undefined && { hint },
    });
  }
}

function hintFor(stateFile: string): string | undefined {
  const holder = stateHolder(stateFile);
  if (holder === undefined) return undefined;
  const { pid, socketPath } = holder;
  return socketPath === undefined
    ? `end it with: kill ${pid}`
    : `ask that server: sessionctl prune --socket ${printablePath(socketPath)}`;
}
