import { system, type SystemContext } from "../platform/mod.ts";
import { EnvironmentReader, workingDirectoryOf } from "./processes.ts";

/**
 * The working folders of each editor window's terminals, by editor socket: those of its processes
 * that have a terminal. Unlike a language server, which may be started anywhere, a terminal is
 * opened in a folder of its window. Only on Linux; elsewhere the map is empty.
 *
 * This process and its parent do not count, nor does "/". Source: proc_pid_stat(5).
 */
export function terminalFolders(context: SystemContext = system): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  if (context.os !== "linux") return folders;
  const reader = new EnvironmentReader([context.uid]);
  for (const pid of reader.processIds()) {
    const hook = reader.evidenceOf(pid)?.hook;
    if (hook === undefined || !reader.isStartedByOwner(pid) || !hasTerminal(pid)) continue;
    const folder = workingDirectoryOf(pid);
    const known = folders.get(hook) ?? [];
    if (folder !== undefined && !known.includes(folder)) folders.set(hook, [...known, folder]);
  }
  return folders;
}

/**
 * Whether a process has a terminal. The program chooses its name in the line; numbers follow it.
 */
function hasTerminal(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [, , , , terminal] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 5);
    return terminal !== undefined && terminal !== "0";
  } catch {
    return false; // The process ended meanwhile.
  }
}
