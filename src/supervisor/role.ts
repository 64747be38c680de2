/** In an own child: its parent's pid. It counts only if it is that of the actual parent. */
export const PARENT_PID = "SESSIONCTL_PARENT_PID";
/** In an own child: the private socket on which its parent waits for it. */
export const PARENT_SOCKET = "SESSIONCTL_PARENT_SOCKET";
/** In a guarded program and its descendants: the mark of their guard. */
export const GUARD_MARK = "SESSIONCTL_GUARD";

/** The socket on which this process's parent waits; undefined if this is not an own child. */
export function parentSocket(
  env: { get(name: string): string | undefined } = Deno.env,
  parentPid: number = Deno.ppid,
): string | undefined {
  // The variable alone proves nothing, because descendants of a child may have inherited it.
  return env.get(PARENT_PID) === String(parentPid) ? env.get(PARENT_SOCKET) : undefined;
}

/** The environment without the variables that a foreign child must not inherit. */
export function withoutRole(env: Readonly<Record<string, string>>): Record<string, string> {
  const { [PARENT_PID]: _pid, [PARENT_SOCKET]: _socket, ...rest } = env;
  return rest;
}
