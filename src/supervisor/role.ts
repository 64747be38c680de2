/** In a child of ours: its parent's pid. It counts only if that really is its parent. */
export const PARENT_PID = "SESSIONCTL_PARENT_PID";
/** In a child of ours: the private socket on which its parent waits for it. */
export const PARENT_SOCKET = "SESSIONCTL_PARENT_SOCKET";
/** In a guarded program and what it starts: which guard they belong to. */
export const GUARD_MARK = "SESSIONCTL_GUARD";

/** Where the parent of this process waits for it; undefined if this is no child of ours. */
export function parentSocket(
  env: { get(name: string): string | undefined } = Deno.env,
  parentPid: number = Deno.ppid,
): string | undefined {
  // The variable alone proves nothing: whatever a child starts may have inherited it.
  return env.get(PARENT_PID) === String(parentPid) ? env.get(PARENT_SOCKET) : undefined;
}

/** What a foreign child is not to inherit from us. */
export function withoutRole(env: Readonly<Record<string, string>>): Record<string, string> {
  const { [PARENT_PID]: _pid, [PARENT_SOCKET]: _socket, ...rest } = env;
  return rest;
}
