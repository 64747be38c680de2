import {
  listProcesses,
  type ProcessEntry,
  signalProcess,
  startedWith,
} from "../platform/processes.ts";
import { GUARD_MARK } from "./role.ts";

const LOOK_MS = 20;
/**
 * Time limit; processes that are started faster than they are ended, or cannot be ended, remain.
 */
const LONGEST_MS = 4000;

/**
 * Ends processes with SIGKILL until none is left, because a process may start another one just
 * before its own end.
 *
 * @param find Lists the processes to end.
 * @param between Called after each round.
 * @returns the number of ended processes.
 */
export async function endProcesses(
  find: () => readonly ProcessEntry[],
  between: () => void = () => {},
): Promise<number> {
  const limit = performance.now() + LONGEST_MS;
  const ended = new Set<number>();
  for (;;) {
    const left = living(find);
    if (left?.length === 0 || performance.now() > limit) return ended.size;
    for (const { pid } of left ?? []) {
      if (signalProcess(pid, "SIGKILL")) ended.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    between();
  }
}

/** Sends SIGTERM to processes, and gives them time to end by themselves. */
export async function askToEnd(
  find: () => readonly ProcessEntry[],
  patienceMs: number,
  between: () => void = () => {},
): Promise<void> {
  const limit = performance.now() + patienceMs;
  const asked = new Set<number>();
  while (performance.now() < limit) {
    const left = living(find);
    if (left?.length === 0) return;
    for (const { pid } of left ?? []) {
      if (asked.has(pid)) continue;
      asked.add(pid);
      signalProcess(pid, "SIGTERM");
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    between();
  }
}

/**
 * The running processes; undefined if they cannot be listed now, for example without a free
 * descriptor.
 */
function living(find: () => readonly ProcessEntry[]): ProcessEntry[] | undefined {
  try {
    return find().filter(({ state }) => state !== "Z");
  } catch {
    return undefined;
  }
}

/** The processes of a guard that has ended, found by its mark or by the session of its program. */
export function markedProcesses(mark: string, session: number | undefined): ProcessEntry[] {
  return listProcesses().filter((entry) =>
    entry.session === session || startedWith(entry.pid, GUARD_MARK, mark)
  );
}
