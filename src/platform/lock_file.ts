import { reasonOf, SessionctlError } from "../errors.ts";
import { descriptorEntries, isRunning } from "./process_state.ts";
import { usesPipes } from "./pipe_name.ts";
import { replaceFile } from "./replace_file.ts";
import { printablePath } from "./socket_path.ts";
import { type FileIdentity, fileIdentity, sameFile } from "./unix_socket.ts";

/** A holder writes its pid directly after it has got the lock. */
const PID_ATTEMPTS = 20;
const PID_WAIT_MS = 10;

/** An exclusive lock that lasts until it is released or the process ends. */
export interface FileLock {
  readonly path: string;
  /**
   * Whether the file at `path` is still the locked one; otherwise, another process may take the
   * lock.
   */
  isInPlace(): boolean;
  /** Removes the lock file and releases the lock. */
  release(): void;
}

/** The result of {@link lockFile} if another process holds the lock. */
export interface LockHolder {
  readonly heldBy: number | undefined;
}

/**
 * Tries to take the lock at `path` (created with mode 0600) and writes our pid into it.
 *
 * The kernel releases the lock however its holder dies, so a leftover lock file means nothing.
 * Because a holder removes its file on release, the file that we locked may no longer be the one at
 * `path`; then the attempt is repeated.
 *
 * @throws {SessionctlError} `IO_ERROR` if the file cannot be created.
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
        `cannot make the lock file ${printablePath(path)}: ${reasonOf(error)}`,
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

/** On Windows no other process can read a locked file, so the pid is in a file beside it. */
const pidPath = (path: string) => usesPipes() ? `${path}.pid` : path;

/** Windows does not remove open files, so a lock file stays there. */
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

/**
 * The holder's pid; until it has been written, the file is empty or contains a dead process's pid.
 */
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
 * Returns the pid of another process with a record lock on the file, as SQLite takes it, where the
 * kernel lists its locks.
 *
 * Source: proc_locks(5).
 */
export function recordLockHolder(path: string): number | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    const entry = new RegExp(`POSIX.* (\\d+) [0-9a-f]+:[0-9a-f]+:${ino} `, "g");
    const pids = readLocks().matchAll(entry).map(([, pid]) => Number(pid));
    return pids.find((pid) => pid !== Deno.pid && hasOpen(pid, { dev, ino: ino ?? 0 }));
  } catch {
    return undefined;
  }
}

/** A file of another file system may have the same inode number, so the list is not enough. */
function hasOpen(pid: number, file: FileIdentity): boolean {
  return descriptorEntries(pid, "fd").some((entry) => {
    try {
      const { dev, ino } = Deno.statSync(entry);
      return sameFile({ dev, ino: ino ?? 0 }, file);
    } catch {
      return false; // It was closed meanwhile, or has no path.
    }
  });
}

/**
 * Returns the holder of the lock at `path`, as far as it can be determined without trying to take
 * the lock, which could block a server that starts at the same moment.
 *
 * Only a file of this user is opened: where others may create files, theirs may be a FIFO, on which
 * we would wait for ever, or a symlink.
 *
 * @returns the pid in the file, if that process runs and, where the kernel lists its locks, has one
 * on this file; otherwise undefined.
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
 * Source: proc_locks(5). Without such a list, the pid has to suffice.
 *
 * The kernel lists its locks piece by piece, by number: if a lock before ours is released between
 * two pieces, ours is missing, and repeatedly so if it is the first of a piece. Only the kernel's
 * list of the process's own files is complete, so that list decides.
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
  return descriptorEntries(pid, "fdinfo").some((path) => {
    try {
      return entry.test(Deno.readTextFileSync(path));
    } catch {
      return false; // It was closed meanwhile.
    }
  });
}

/** Reads in large pieces, each of which returns a page of the list at one moment. */
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
