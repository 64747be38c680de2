import { isWithin, system, type SystemContext } from "../platform/mod.ts";
import { type EditorKind, readEnvironment, type WindowEvidence } from "./environment.ts";

/** An environment longer than this is cut; the variable stands among the first in practice. */
const ENVIRONMENT_BYTES = 128 * 1024;

/** What the processes of an editor window tell of it. */
export interface WindowTraces {
  readonly kind: EditorKind;
  /** Where they work, without folders that lie in another of them. */
  readonly folders: readonly string[];
}

/**
 * What the processes of each editor window tell of it, by editor socket: its terminals,
 * language servers and tasks inherit `VSCODE_IPC_HOOK_CLI`, and most of them run in the
 * window's folder. Linux only; elsewhere the map is empty.
 *
 * Left out are processes inside tmux or screen, whose variable may be that of
 * another window, and this process with its parent, who are where the user happens
 * to be. Source: proc_pid_environ(5), proc_pid_cwd(5).
 */
export function inspectProcesses(context: SystemContext = system): Map<string, WindowTraces> {
  const windows = new Map<string, WindowTraces>();
  if (context.os !== "linux") return windows;
  const reader = new EnvironmentReader(context.uid);
  for (const directory of processDirectories()) {
    const evidence = reader.evidenceOf(directory);
    if (evidence === undefined) continue;
    const { kind, folders } = windows.get(evidence.hook) ?? { kind: "editor", folders: [] };
    windows.set(evidence.hook, {
      kind: kind === "editor" ? evidence.kind() : kind,
      folders: withFolder(folders, workingDirectoryOf(directory)),
    });
  }
  return windows;
}

/** Where the kernel tells of each process but this one and its parent. */
export function* processDirectories(): IterableIterator<string> {
  const own = String(Deno.pid);
  const parent = String(Deno.ppid);
  for (const { name } of Deno.readDirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 0x31 || first > 0x39 || name === own || name === parent) continue;
    yield `/proc/${name}`;
  }
}

/** Reads environments one after another into one buffer. */
export class EnvironmentReader {
  readonly #buffer = new Uint8Array(ENVIRONMENT_BYTES);
  readonly #uid: number;

  constructor(uid: number) {
    this.#uid = uid;
  }

  evidenceOf(directory: string): WindowEvidence | undefined {
    try {
      // Others' environments we may not read, and being refused costs more than looking.
      // Root may, and need not look: others' sockets are not used whoever tells of them.
      if (this.#uid !== 0 && Deno.statSync(directory).uid !== this.#uid) return undefined;
      const file = Deno.openSync(`${directory}/environ`);
      try {
        return readEnvironment(this.#read(file));
      } finally {
        file.close();
      }
    } catch {
      return undefined; // It ended, or is not ours to read (a setuid program).
    }
  }

  /** One read gives all of it, if it fits. */
  #read(file: Deno.FsFile): Uint8Array {
    const count = file.readSync(this.#buffer) ?? 0;
    return this.#buffer.subarray(0, count);
  }
}

/** The folder a process works in, if that tells of its window. */
export function workingDirectoryOf(directory: string): string | undefined {
  try {
    const path = Deno.readLinkSync(`${directory}/cwd`);
    // "/" says nothing about a window; a removed directory has " (deleted)" behind its name.
    return path === "/" || path.endsWith(" (deleted)") ? undefined : path;
  } catch {
    return undefined;
  }
}

function withFolder(folders: readonly string[], added: string | undefined): readonly string[] {
  if (added === undefined || folders.some((folder) => isWithin(added, folder))) return folders;
  return [...folders.filter((folder) => !isWithin(folder, added)), added];
}
