import { basename } from "@std/path/posix";
import {
  CLI_SOCKET_NAME,
  isWithin,
  realPathOf,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { type EditorKind, readEnvironment, type WindowEvidence } from "./environment.ts";

/** A longer environment is cut off; in practice the variable is among the first. */
const ENVIRONMENT_BYTES = 128 * 1024;

/** `<elf.h>`: set for a program that runs with more rights than the user who started it. */
const AT_SECURE = 23n;

/** Information about an editor window from its processes. */
export interface WindowTraces {
  readonly kind: EditorKind;
  /** Their working folders, without subfolders of one another. */
  readonly folders: readonly string[];
}

/**
 * Collects information about each editor window from its processes, by editor socket. Terminals,
 * language servers and tasks inherit `VSCODE_IPC_HOOK_CLI`, and most of them run in the window's
 * folder. Only on Linux; elsewhere the map is empty.
 *
 * A process that works in the folder in which its editor's server was started does not count,
 * because processes without a folder of their own work there.
 *
 * Processes of other users are excluded, even for root; so are variables that do not look like an
 * editor socket, processes inside tmux or screen (whose variable may belong to another window), and
 * this process and its parent, which work wherever the user is. Source: proc_pid_environ(5),
 * proc_pid_cwd(5).
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

/** The `/proc` folders of all processes except this one and its parent. */
export function* processDirectories(): IterableIterator<string> {
  const own = String(Deno.pid);
  const parent = String(Deno.ppid);
  for (const { name } of Deno.readDirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 0x31 || first > 0x39 || name === own || name === parent) continue;
    yield `/proc/${name}`;
  }
}

/** Reads environments in sequence into one buffer. */
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
      return undefined; // The process ended, or is not readable (a setuid program).
    }
  }

  /**
   * Whether a process whose `/proc` folder belongs to root was also started by one of the owners.
   * The folder alone does not show this: it belongs to root for every process that is not dumpable.
   * The user ids do not either: a `sudo` that waits for a password has root's ids, and the
   * environment of its caller.
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

  /** One read returns the whole file, if it fits. */
  #read(path: string): Uint8Array {
    const file = Deno.openSync(path);
    try {
      return this.#buffer.subarray(0, file.readSync(this.#buffer) ?? 0);
    } finally {
      file.close();
    }
  }
}

/** The working folder of a process, if it is informative. */
export function workingDirectoryOf(directory: string): string | undefined {
  try {
    const path = Deno.readLinkSync(`${directory}/cwd`);
    // "/" says nothing about a window; the name of a removed directory ends with " (deleted)".
    return path === "/" || path.endsWith(" (deleted)") ? undefined : path;
  } catch {
    return undefined;
  }
}

/** The working folder of a process, unless the editor's server was started there. */
function windowFolderOf(directory: string, { serverFolder }: WindowEvidence): string | undefined {
  const folder = workingDirectoryOf(directory);
  if (folder === undefined || serverFolder === undefined) return folder;
  return folder === serverFolder || folder === realPathOf(serverFolder) ? undefined : folder;
}

function withFolder(folders: readonly string[], added: string | undefined): readonly string[] {
  if (added === undefined || folders.some((folder) => isWithin(added, folder))) return folders;
  return [...folders.filter((folder) => !isWithin(folder, added)), added];
}
