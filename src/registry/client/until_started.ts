import { hasCode } from "../../errors.ts";
import { isRunning, lockHolder, socketOwnership, system } from "../../platform/mod.ts";

/** How long a registry may take from the first connection to its answer, in milliseconds. */
const START_MS = 10_000;

interface Place {
  readonly path: string;
  readonly lock: string;
}

export interface UntilStartedOptions {
  /** The paths where the registry may listen, each with its lock. */
  readonly places: readonly Place[];
  /** Time of the first attempt, in milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Repeats a request that timed out while systemd starts the registry for it. A connection to
 * systemd's socket succeeds before the registry runs.
 *
 * @throws the error of the last attempt; at once if the registry was already running and is only
 * slow.
 */
export async function untilStarted<T>(
  attempt: () => Promise<T>,
  first: unknown,
  { places, since }: UntilStartedOptions,
): Promise<T> {
  let error = first;
  while (hasCode(error, "TIMED_OUT") && Date.now() - since < START_MS) {
    const place = places.find(({ path }) => socketOwnership(path) === "ours");
    if (place === undefined || !await isStarting(place, since)) break;
    try {
      return await attempt();
    } catch (later) {
      error = later;
    }
  }
  throw error;
}

/** Whether the registry of a socket started after `since`, or systemd has yet to start it. */
async function isStarting({ path, lock }: Place, since: number): Promise<boolean> {
  if (system.os !== "linux") return false;
  if (lockHolder(lock) !== undefined) return begunAt(lock) >= since;
  const { listenerPid } = await import("../../platform/ffi/peer_process.ts");
  const pid = await listenerPid(path).catch(() => undefined);
  // The kernel names the process that called listen() last: systemd, or a registry that has ended
  // since.
  return pid !== undefined && (!isRunning(pid) || nameOf(pid) === "systemd");
}

/** The start time of a registry: it writes its pid into its lock file when it starts. */
function begunAt(lock: string): number {
  try {
    return Deno.statSync(lock).mtime?.getTime() ?? 0;
  } catch {
    return Infinity; // It has just ended, or another one is about to start.
  }
}

function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
