/** A process as the kernel lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** One letter: "R" running, "S" sleeping, "Z" ended but not waited for, ... */
  readonly state: string;
}

/**
 * Reads a line of `/proc/PID/stat`. The name in it is the program's to choose, and may
 * hold spaces, parentheses and line breaks. Source: proc_pid_stat(5).
 *
 * @returns undefined when it is no such line.
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

/** Every process there is, as far as `/proc` shows them; none where there is no `/proc`. */
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
      // A pid that was handed out anew while we read must not lead in a circle.
      if (found.length > processes.length) return found;
      found.push(child);
      open.push(child.pid);
    }
  }
  return found;
}

/** Whether a process of ours has `NAME=value` in the environment it was started with (Linux). */
export function startedWith(pid: number, name: string, value: string): boolean {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/environ`);
    return `\0${text}\0`.includes(`\0${name}=${value}\0`);
  } catch {
    return false; // It has ended, or is not ours to read.
  }
}

/** Sends a signal to a process, or with a negative number to a group. @returns whether it was there. */
export function signalProcess(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    // It has ended, or has become somebody else's by a setuid program.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return false;
    }
    throw error;
  }
}
