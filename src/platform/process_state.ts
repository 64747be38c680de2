/**
 * Whether a process runs. A zombie, which has ended and waits for its parent to reap it, does not
 * count: in a container without an init process, it may wait for ever.
 */
export function isRunning(pid: number): boolean {
  try {
    // Sends no signal, but checks whether one could be sent.
    Deno.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) return false;
  }
  return !isZombie(pid);
}

/**
 * Source: proc_pid_stat(5); the name before the state is in parentheses, and may contain some
 * itself.
 */
function isZombie(pid: number): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return "ZX".includes(stat[stat.lastIndexOf(")") + 2] ?? "");
  } catch {
    return false;
  }
}

/**
 * The entries of `/proc/PID/fd` or `/proc/PID/fdinfo`, one for each open descriptor of a process.
 *
 * @returns their paths; none if the process has ended or is another user's.
 */
export function descriptorEntries(pid: number, folder: "fd" | "fdinfo"): string[] {
  const directory = `/proc/${pid}/${folder}`;
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => `${directory}/${name}`);
  } catch {
    return [];
  }
}
