import { delay } from "@std/async/delay";
import { hasCode } from "../../errors.ts";
import { lockHolder } from "../../platform/mod.ts";

const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 100;
/** Whoever cuts a connection more often is no registry that restarts. */
const MAX_CUTS = 5;

export interface UntilBackOptions {
  /** The lock files of the registry and its supervisor, wherever the registry may be. */
  readonly locks: readonly string[];
  /** Whether it has answered us before. */
  readonly wasThere: boolean;
  /** How long it is waited for, in milliseconds. */
  readonly returnMs: number;
}

/**
 * Makes a request again for as long as its registry may be expected back: it answered a
 * moment ago, or has more callers than it can take just now; or the process that holds its
 * lock (it is starting, or ending) or its supervisor's lives.
 *
 * @throws what the last attempt threw, as soon as there is nothing to wait for.
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
