import { descriptorEntries, lockHolder, recordLockHolder } from "../../platform/mod.ts";
import { registryLockPath } from "../paths.ts";

/** The process that uses a state file. */
export interface StateHolder {
  readonly pid: number;
  /** The socket of its registry; undefined if it is not a registry, or cannot be inspected. */
  readonly socketPath?: string;
}

/**
 * Finds the process that uses a state file, on systems that list their locks (Linux).
 *
 * @example
 * ```ts
 * const holder = stateHolder("/home/ann/.local/state/sessionctl/registry.db");
 * ```
 */
export function stateHolder(stateFile: string): StateHolder | undefined {
  const pid = recordLockHolder(stateFile);
  if (pid === undefined) return undefined;
  const socketPath = registrySocketOf(pid);
  return socketPath === undefined ? { pid } : { pid, socketPath };
}

/**
 * The socket of the registry that runs in a process, which keeps the lock file beside its socket
 * open. Source: proc_pid_fd(5).
 */
function registrySocketOf(pid: number): string | undefined {
  for (const entry of descriptorEntries(pid, "fd")) {
    const [, socketPath] = /^(.*)\.lock$/s.exec(targetOf(entry)) ?? [];
    if (socketPath === undefined) continue;
    if (lockHolder(registryLockPath(socketPath)) === pid) return socketPath;
  }
  return undefined;
}

function targetOf(link: string): string {
  try {
    return Deno.readLinkSync(link);
  } catch {
    return ""; // It was closed meanwhile.
  }
}
