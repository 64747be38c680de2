/**
 * Whether a process runs. One that has ended and waits for its parent to notice (a
 * zombie) does not: in a container without an init process it may wait for ever.
 */
export function isRunning(pid: number): boolean {
  try {
    // No signal at all: only whether it could be sent.
    Deno.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) return false;
  }
  return !isZombie(pid);
}

/** Source: proc_pid_stat(5); the name before the state is in parentheses and may hold any. */
function isZombie(pid: number): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return "ZX".includes(stat[stat.lastIndexOf(")") + 2] ?? "");
  } catch {
    return false;
  }
}
