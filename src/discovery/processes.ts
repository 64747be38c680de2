import { system, type SystemContext } from "../platform/mod.ts";

const HOOK = new TextEncoder().encode("VSCODE_IPC_HOOK_CLI=");
const TMUX = new TextEncoder().encode("TMUX=");
const SCREEN = new TextEncoder().encode("STY=");

/** An environment longer than this is cut; the variable stands among the first in practice. */
const ENVIRONMENT_BYTES = 128 * 1024;

/**
 * In which folders the processes of each editor window work: its terminals, language
 * servers and tasks inherit `VSCODE_IPC_HOOK_CLI`, and most of them run in the
 * window's folder. Linux only; elsewhere the map is empty.
 *
 * Left out are processes inside tmux or screen, whose variable may be that of
 * another window, and this process with its parent, who are where the user happens
 * to be. Source: proc_pid_environ(5), proc_pid_cwd(5).
 *
 * @returns for each socket its folders, without those that lie in another of them.
 */
export function inferFolders(context: SystemContext = system): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  if (context.os !== "linux") return folders;
  const reader = new EnvironmentReader();
  const ownPids = new Set([String(Deno.pid), String(Deno.ppid)]);
  for (const { name } of Deno.readDirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 0x31 || first > 0x39 || ownPids.has(name)) continue;
    const hook = reader.hookOf(`/proc/${name}`, context.uid);
    if (hook === undefined) continue;
    const folder = workingDirectoryOf(`/proc/${name}`);
    if (folder === undefined) continue;
    folders.set(hook, withFolder(folders.get(hook) ?? [], folder));
  }
  return folders;
}

/** Reads environments one after another into one buffer. */
class EnvironmentReader {
  readonly #buffer = new Uint8Array(ENVIRONMENT_BYTES);
  readonly #decoder = new TextDecoder();

  /** The hook variable of a process of `uid`, unless it is inside tmux or screen. */
  hookOf(directory: string, uid: number): string | undefined {
    try {
      if (Deno.statSync(directory).uid !== uid) return undefined;
      const file = Deno.openSync(`${directory}/environ`);
      try {
        return this.#hookIn(this.#read(file));
      } finally {
        file.close();
      }
    } catch {
      return undefined; // It ended, or is not ours to read (a setuid program).
    }
  }

  #read(file: Deno.FsFile): Uint8Array {
    let length = 0;
    while (length < this.#buffer.length) {
      const count = file.readSync(this.#buffer.subarray(length));
      if (count === null || count === 0) break;
      length += count;
    }
    return this.#buffer.subarray(0, length);
  }

  #hookIn(environment: Uint8Array): string | undefined {
    const at = variableAt(environment, HOOK);
    if (at < 0) return undefined;
    if (variableAt(environment, TMUX) >= 0 || variableAt(environment, SCREEN) >= 0) {
      return undefined;
    }
    const end = environment.indexOf(0, at);
    return this.#decoder.decode(environment.subarray(at, end < 0 ? environment.length : end));
  }
}

/** Where the value of a variable (named with its "=") begins; -1 if it is not there. */
function variableAt(environment: Uint8Array, name: Uint8Array): number {
  const first = name[0]!;
  for (let at = environment.indexOf(first); at >= 0; at = environment.indexOf(first, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    let matched = 1;
    while (matched < name.length && environment[at + matched] === name[matched]) matched++;
    if (matched === name.length) return at + matched;
  }
  return -1;
}

function workingDirectoryOf(directory: string): string | undefined {
  try {
    const path = Deno.readLinkSync(`${directory}/cwd`);
    // "/" says nothing about a window; a removed directory has " (deleted)" behind its name.
    return path === "/" || path.endsWith(" (deleted)") ? undefined : path;
  } catch {
    return undefined;
  }
}

function withFolder(folders: string[], added: string): string[] {
  if (folders.some((folder) => isWithin(added, folder))) return folders;
  return [...folders.filter((folder) => !isWithin(folder, added)), added];
}

/** Whether `path` is `folder` or below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
