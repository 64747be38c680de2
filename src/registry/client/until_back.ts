import { delay } from "@std/async/delay";
import { hasCode } from "../../errors.ts";
import { lockHolder } from "../../platform/mod.ts";

const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 100;
/** A peer that cuts more connections than this is not a registry that restarts. */
const MAX_CUTS = 5;

export interface UntilBackOptions {
  /** The lock files of the registry and of its supervisor, for every path that is tried. */
  readonly locks: readonly string[];
  /** Whether the registry has answered this client before. */
  readonly wasThere: boolean;
  /** How long to wait for it, in milliseconds. */
  readonly returnMs: number;
}

/**
 * Repeats a request as long as the registry can be expected back. This holds when it answered a
 * moment ago, when its queue of connections is full, and when a live process holds its lock (it is
 * starting or ending) or its supervisor's lock.
 *
 * @throws the error of the last attempt, as soon as there is nothing left to wait for.
 */
export async function untilBack<T>(
  attempt: () => Promise<T>,
  first: unknown,
  { locks, wasThere, returnMs }: UntilBackOptions,
): Promise<T> {
  const deadline = performance.now() + returnMs;
  let cuts = 0;
  let error = first;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(LAST_PAUSE_MS, pause * 2)) {
    if (hasCode(error, "CONNECTION_CLOSED")) cuts++;
    const expected = hasCode(error, "CONNECTION_CLOSED", "BACKLOG_FULL") ||
      hasCode(error, "REGISTRY_UNREACHABLE") &&
        (wasThere || cuts > 0 || locks.some((path) => lockHolder(path) !== undefined));
    if (!expected || cuts > MAX_CUTS || performance.now() + pause > deadline) {
      throw error;
    }
    await delay(pause);
    try {
      return await attempt();
    } catch (later) {
      error = later;
    }
  }
}
