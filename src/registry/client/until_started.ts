import { hasCode } from "../../errors.ts";
import { isRunning, lockHolder, socketOwnership, system } from "../../platform/mod.ts";

/** How long a registry may take from the first connection to its answer, in milliseconds. */
const START_MS = 10_000;

interface Place {
  readonly path: string;
  readonly lock: string;
}

export interface UntilStartedOptions {
  /** The sockets where the registry may be, with its lock for each. */
  readonly places: readonly Place[];
  /** When the request was made first, in milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Makes a request again that got no answer in time, while systemd starts the registry for it: a
 * connection to systemd's socket succeeds before the registry is there.
 *
 * @throws what the last attempt threw; at once if the registry was there, and is only slow.
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

/** Whether the registry of a socket has begun after `since`, or systemd has it still to start. */
async function isStarting({ path, lock }: Place, since: number): Promise<boolean> {
  if (system.os !== "linux") return false;
  if (lockHolder(lock) !== undefined) return begunAt(lock) >= since;
  const { listenerPid } = await import("../../platform/ffi/peer_process.ts");
  const pid = await listenerPid(path).catch(() => undefined);
  // The kernel tells who listened last: systemd, or a registry that has ended since.
  return pid !== undefined && (!isRunning(pid) || nameOf(pid) === "systemd");
}

/** A registry writes its pid into its lock file when it begins. */
function begunAt(lock: string): number {
  try {
    return Deno.statSync(lock).mtime?.getTime() ?? 0;
  } catch {
    return Infinity; // It has just ended, or another is about to begin.
  }
}

function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
