import { basename } from "@std/path/posix";
import {
  CLI_SOCKET_NAME,
  isWithin,
  realPathOf,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { type EditorKind, readEnvironment, type WindowEvidence } from "./environment.ts";

/** An environment longer than this is cut; the variable stands among the first in practice. */
const ENVIRONMENT_BYTES = 128 * 1024;

/** `<elf.h>`: set for a program that runs with more rights than the user who started it. */
const AT_SECURE = 23n;

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
 * A process that works in the folder its editor's server was started in tells no folder, for that
 * is where those work that were given none.
 *
 * Left out are processes of other users, whoever asks; variables that do not name what an
 * editor calls its sockets; processes inside tmux or screen, whose variable may be that of
 * another window; and this process with its parent, which are where the user happens
 * to be. Source: proc_pid_environ(5), proc_pid_cwd(5).
 *
 * @param allowOwners Further user ids whose processes count (`--allow-owner`).
 */
export function inspectProcesses(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): Map<string, WindowTraces> {
  const windows = new Map<string, WindowTraces>();
  if (context.os !== "linux") return windows;
  const reader = new EnvironmentReader([context.uid, ...allowOwners]);
  for (const directory of processDirectories()) {
    const evidence = reader.evidenceOf(directory);
    if (evidence === undefined) continue;
    const { kind, folders } = windows.get(evidence.hook) ?? { kind: "editor", folders: [] };
    windows.set(evidence.hook, {
      kind: kind === "editor" ? evidence.kind() : kind,
      folders: withFolder(folders, windowFolderOf(directory, evidence)),
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
  readonly #owners: readonly number[];

  constructor(owners: readonly number[]) {
    this.#owners = owners;
  }

  evidenceOf(directory: string): WindowEvidence | undefined {
    try {
      const { uid } = Deno.statSync(directory);
      if (uid === null || !this.#owners.includes(uid)) return undefined;
      const evidence = readEnvironment(this.#read(`${directory}/environ`));
      if (!evidence || !CLI_SOCKET_NAME.test(basename(evidence.hook))) return undefined;
      // After the read, so that the check is about the program whose environment was read.
      if (uid === 0 && !this.#isStartedByOwner(directory)) return undefined;
      return evidence;
    } catch {
      return undefined; // It ended, or is not ours to read (a setuid program).
    }
  }

  /**
   * Whether a process whose `/proc` folder belongs to root was also started by one of the owners.
   * The folder alone does not tell: it belongs to root for every process that is not dumpable.
   * Nor do the user ids: a `sudo` that waits for a password has root's, and the environment of
   * whoever called it.
   *
   * Source: proc(5) on ownership, proc_pid_status(5), proc_pid_auxv(5), AT_SECURE of getauxval(3).
   */
  #isStartedByOwner(directory: string): boolean {
    const status = Deno.readTextFileSync(`${directory}/status`);
    const uids = /^Uid:((?:\s+\d+){4})$/m.exec(status)?.[1]?.trim().split(/\s+/) ?? [];
    if (uids.length !== 4 || !uids.every((uid) => this.#owners.includes(Number(uid)))) return false;
    const vector = this.#read(`${directory}/auxv`);
    const words = new BigUint64Array(vector.slice().buffer, 0, vector.length >> 3);
    for (let at = 0; at + 1 < words.length; at += 2) {
      if (words[at] === AT_SECURE) return words[at + 1] === 0n;
    }
    return false;
  }

  /** One read gives all of it, if it fits. */
  #read(path: string): Uint8Array {
    const file = Deno.openSync(path);
    try {
      return this.#buffer.subarray(0, file.readSync(this.#buffer) ?? 0);
    } finally {
      file.close();
    }
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

/** The folder a process works in, unless that is where the editor's server was started. */
function windowFolderOf(directory: string, { serverFolder }: WindowEvidence): string | undefined {
  const folder = workingDirectoryOf(directory);
  if (folder === undefined || serverFolder === undefined) return folder;
  return folder === serverFolder || folder === realPathOf(serverFolder) ? undefined : folder;
}

function withFolder(folders: readonly string[], added: string | undefined): readonly string[] {
  if (added === undefined || folders.some((folder) => isWithin(added, folder))) return folders;
  return [...folders.filter((folder) => !isWithin(folder, added)), added];
}
