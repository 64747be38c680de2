import { basename } from "@std/path/posix";
import {
  CLI_SOCKET_NAME,
  isWithin,
  realPathOf,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { processFiles } from "../platform/ffi/process_files.ts";
import { type EditorKind, readEnvironment, type WindowEvidence } from "./environment.ts";

/** A longer environment is cut off; in practice the variable is among the first. */
const ENVIRONMENT_BYTES = 128 * 1024;
/** The status and the auxiliary vector of a process take about 1.5 KiB. */
const OTHER_BYTES = 16 * 1024;

/** `<elf.h>`: set for a program that runs with more rights than the user who started it. */
const AT_SECURE = 23n;

const decoder = new TextDecoder();

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
  const counted = new Set<string>();
  for (const pid of reader.processIds()) {
    const evidence = reader.evidenceOf(pid);
    if (evidence === undefined) continue;
    const { hook, serverFolder } = evidence;
    const directory = workingDirectoryOf(pid);
    const { kind, folders } = windows.get(hook) ?? { kind: "editor", folders: [] };
    // Most processes of a window work in the same folder, and add nothing to its first one.
    const vote = [hook, directory, serverFolder].join("\0");
    if (kind !== "editor" && counted.has(vote)) continue;
    if (!reader.isStartedByOwner(pid)) continue;
    counted.add(vote);
    windows.set(hook, {
      kind: kind === "editor" ? evidence.kind() : kind,
      folders: withFolder(folders, windowFolder(directory, serverFolder)),
    });
  }
  return windows;
}

/** Reads environments in sequence into one buffer. */
export class EnvironmentReader {
  readonly #files = processFiles();
  readonly #environment = new Uint8Array(ENVIRONMENT_BYTES);
  readonly #other = new Uint8Array(OTHER_BYTES);
  readonly #isEditorSocket = new Map<string, boolean>();
  readonly #owners: readonly number[];

  constructor(owners: readonly number[]) {
    this.#owners = owners;
  }

  /** All processes except this one and its parent. */
  processIds(): number[] {
    return this.#files.ids().filter((pid) => pid !== Deno.pid && pid !== Deno.ppid);
  }

  /**
   * The evidence in the environment of one of the owners' processes, valid until the next call. It
   * only counts if {@link isStartedByOwner} holds afterwards.
   */
  evidenceOf(pid: number): WindowEvidence | undefined {
    // Before the read: another user can make reading the memory of a process take for ever.
    if (!this.#isOfOwner(pid)) return undefined;
    const environment = this.#files.read(pid, "environ", this.#environment);
    const evidence = environment && readEnvironment(environment);
    return evidence && this.#isNamedLikeEditor(evidence.hook) ? evidence : undefined;
  }

  #isNamedLikeEditor(socketPath: string): boolean {
    const known = this.#isEditorSocket.get(socketPath);
    const named = known ?? CLI_SOCKET_NAME.test(basename(socketPath));
    if (known === undefined) this.#isEditorSocket.set(socketPath, named);
    return named;
  }

  #isOfOwner(pid: number): boolean {
    const owner = this.#files.ownerOf(pid);
    return owner !== undefined && this.#owners.includes(owner);
  }

  /**
   * Whether one of the owners started the program that a process runs. Called after the environment
   * was read, so that the answer is about the program that has this environment.
   *
   * For a process of root, its folder does not show this: a `sudo` that waits for a password has
   * root's ids, and the environment of its caller.
   *
   * Source: proc(5) on ownership, proc_pid_status(5), proc_pid_auxv(5), AT_SECURE of getauxval(3).
   */
  isStartedByOwner(pid: number): boolean {
    const owner = this.#files.ownerOf(pid);
    if (owner !== 0) return owner !== undefined && this.#owners.includes(owner);
    if (!this.#owners.includes(0)) return false;
    const status = decoder.decode(this.#files.read(pid, "status", this.#other));
    const uids = /^Uid:((?:\s+\d+){4})$/m.exec(status)?.[1]?.trim().split(/\s+/) ?? [];
    if (uids.length !== 4 || !uids.every((uid) => this.#owners.includes(Number(uid)))) return false;
    const vector = this.#files.read(pid, "auxv", this.#other) ?? new Uint8Array();
    const words = new BigUint64Array(vector.slice().buffer, 0, vector.length >> 3);
    for (let at = 0; at + 1 < words.length; at += 2) {
      if (words[at] === AT_SECURE) return words[at + 1] === 0n;
    }
    return false;
  }
}

/** The working folder of a process, if it is informative. */
export function workingDirectoryOf(pid: number): string | undefined {
  try {
    const path = Deno.readLinkSync(`/proc/${pid}/cwd`);
    // "/" says nothing about a window; the name of a removed directory ends with " (deleted)".
    return path === "/" || path.endsWith(" (deleted)") ? undefined : path;
  } catch {
    return undefined;
  }
}

/** The folder in which a process works, unless the editor's server was started there. */
function windowFolder(folder?: string, serverFolder?: string): string | undefined {
  if (folder === undefined || serverFolder === undefined) return folder;
  return folder === serverFolder || folder === realPathOf(serverFolder) ? undefined : folder;
}

function withFolder(folders: readonly string[], added: string | undefined): readonly string[] {
  if (added === undefined || folders.some((folder) => isWithin(added, folder))) return folders;
  return [...folders.filter((folder) => !isWithin(folder, added)), added];
}
