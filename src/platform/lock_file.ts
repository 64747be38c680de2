import { SessionctlError } from "../errors.ts";
import { isRunning } from "./process_state.ts";
import { usesPipes } from "./pipe_name.ts";
import { replaceFile } from "./replace_file.ts";
import { printablePath } from "./socket_path.ts";
import { fileIdentity, sameFile } from "./unix_socket.ts";

/** A holder writes its pid right after it has the lock. */
const PID_ATTEMPTS = 20;
const PID_WAIT_MS = 10;

/** An exclusive lock that lasts until it is released or the process ends. */
export interface FileLock {
  readonly path: string;
  /** Whether the file at `path` still is the one that is locked: else another may take the lock. */
  isInPlace(): boolean;
  /** Removes the lock file and gives up the lock. */
  release(): void;
}

/** What {@link lockFile} gives when somebody else holds the lock. */
export interface LockHolder {
  readonly heldBy: number | undefined;
}

/**
 * Tries to take the lock at `path` (made 0600) and writes our pid into it.
 *
 * The kernel drops the lock when its holder dies, however it dies, so a lock file
 * left behind means nothing. Because a holder removes its file on release, the
 * file we locked may no longer be the one at `path`; then the attempt is repeated.
 *
 * @throws {SessionctlError} `IO_ERROR` when the file cannot be made.
 */
export function lockFile(path: string): FileLock | LockHolder {
  for (let attempt = 0; attempt < 100; attempt++) {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, {
        read: true,
        write: true,
        create: true,
        mode: 0o600,
      });
    } catch (error) {
      throw new SessionctlError(
        "IO_ERROR",
        `cannot make the lock file ${printablePath(path)}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    if (!file.tryLockSync(true)) {
      file.close();
      return { heldBy: readPid(path) };
    }
    const { dev, ino } = file.statSync();
    const identity = { dev, ino: ino ?? 0 };
    const isInPlace = () => sameFile(fileIdentity(path), identity);
    if (!isInPlace()) {
      file.close();
      continue;
    }
    writePid(path, file);
    return { path, isInPlace, release: () => release(path, file, isInPlace) };
  }
  throw new SessionctlError(
    "IO_ERROR",
    `the lock file ${printablePath(path)} is replaced again and again`,
  );
}

/** On Windows nobody else can read a file that is locked, so the pid is in a file beside it. */
const pidPath = (path: string) => usesPipes() ? `${path}.pid` : path;

/** Windows removes no file that is open, so a lock file stays there. */
function release(path: string, file: Deno.FsFile, isInPlace: () => boolean): void {
  try {
    if (usesPipes()) Deno.removeSync(pidPath(path));
    else if (isInPlace()) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  } finally {
    file.close();
  }
}

function writePid(path: string, file: Deno.FsFile): void {
  const text = `${Deno.pid}\n`;
  try {
    if (usesPipes()) return replaceFile(pidPath(path), text, { mode: 0o600 });
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(text));
  } catch { /* The disk is full: the lock holds all the same, only nobody learns whose it is. */ }
}

/** The holder's pid; until it has written that, the file is empty or holds a dead one's. */
function readPid(path: string): number | undefined {
  for (let attempt = 0; attempt < PID_ATTEMPTS; attempt++) {
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PID_WAIT_MS);
    try {
      const pid = writtenPid(path);
      if (pid !== undefined && isRunning(pid)) return pid;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function writtenPid(path: string): number | undefined {
  const pid = Number(Deno.readTextFileSync(pidPath(path)).trim());
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * Who holds the lock at `path`, as far as it can be told without trying to take it: a
 * try would get into the way of a server that starts at the same moment.
 *
 * Only a file of this user's is opened: where others may put things, theirs may be a pipe, on
 * which we would wait for ever, or a link.
 *
 * @returns the pid in the file, if that process runs and, where the kernel lists its locks,
 * has one on this file; else undefined.
 */
export function lockHolder(path: string): number | undefined {
  try {
    const { isFile, uid } = Deno.lstatSync(path);
    if (!isFile || uid !== Deno.uid()) return undefined;
    const pid = writtenPid(path);
    return pid !== undefined && isRunning(pid) && isListed(path, pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Source: proc_locks(5). Where there is no such list, the pid has to do.
 *
 * The kernel lists its locks piece by piece, by their number: when a lock before ours is released
 * between two pieces, ours is left out, and again and again if it is the first of a piece. Only what
 * the kernel tells of the process's own files is whole, so that decides.
 */
function isListed(path: string, pid: number): boolean {
  const entry = new RegExp(`FLOCK.* ${pid} [0-9a-f]+:[0-9a-f]+:${Deno.statSync(path).ino} `);
  try {
    return entry.test(readLocks()) || isAmongFiles(entry, pid);
  } catch {
    return true;
  }
}

/** Source: proc_pid_fdinfo(5), "lock". */
function isAmongFiles(entry: RegExp, pid: number): boolean {
  const directory = `/proc/${pid}/fdinfo`;
  try {
    for (const { name } of Deno.readDirSync(directory)) {
      try {
        if (entry.test(Deno.readTextFileSync(`${directory}/${name}`))) return true;
      } catch { /* It was closed meanwhile. */ }
    }
  } catch { /* The process is another user's, or has ended. */ }
  return false;
}

/** With large reads, each of which gets a page of the list as it is at one moment. */
function readLocks(): string {
  using file = Deno.openSync("/proc/locks");
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let length = file.readSync(buffer); length; length = file.readSync(buffer)) {
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return text;
}
