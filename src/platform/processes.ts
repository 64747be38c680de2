/** A process as the kernel lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** One letter: "R" running, "S" sleeping, "Z" ended but not reaped, ... */
  readonly state: string;
}

/**
 * Parses a line of `/proc/PID/stat`. The program chooses the name in it, which may contain spaces,
 * parentheses and line breaks. Source: proc_pid_stat(5).
 *
 * @returns undefined if it is not such a line.
 */
export function parseProcessStat(text: string): ProcessEntry | undefined {
  const end = text.lastIndexOf(")");
  const start = text.indexOf(" (");
  if (start < 1 || end < start) return undefined;
  const pid = Number(text.slice(0, start));
  const [state, ...numbers] = text.slice(end + 2).split(" ", 4);
  const [parent, group, session] = numbers.map(Number);
  const known = [pid, parent, group, session].every((number) => Number.isInteger(number));
  if (!known || !state) return undefined;
  return { pid, parent: parent!, group: group!, session: session!, state };
}

/** All processes, as far as `/proc` shows them; none without a `/proc`. */
export function listProcesses(): ProcessEntry[] {
  if (Deno.build.os !== "linux") return [];
  const entries: ProcessEntry[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 0x31 || first > 0x39) continue;
    try {
      const entry = parseProcessStat(Deno.readTextFileSync(`/proc/${name}/stat`));
      if (entry) entries.push(entry);
    } catch { /* It has ended meanwhile. */ }
  }
  return entries;
}

/** The children of a process, their children, and so on. */
export function descendantsOf(pid: number, processes = listProcesses()): ProcessEntry[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found: ProcessEntry[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of children.get(next) ?? []) {
      // A pid that was reused while we read must not cause an endless loop.
      if (found.length > processes.length) return found;
      found.push(child);
      open.push(child.pid);
    }
  }
  return found;
}

/** Whether a process of ours has `NAME=value` in its initial environment (Linux). */
export function startedWith(pid: number, name: string, value: string): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/environ`);
    return `\0${text}\0`.includes(`\0${name}=${value}\0`);
  } catch {
    return false; // Ended, or not readable by us.
  }
}

/**
 * Sends a signal to a process or, with a negative number, to a group. @returns whether it existed.
 */
export function signalProcess(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    // Ended, or owned by another user since it ran a setuid program.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return false;
    }
    throw error;
  }
}
