import { SessionctlError } from "./errors.ts";
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
        `cannot make the lock file ${path}: ${(error as Error).message}`,
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
    writePid(file);
    const release = () => {
      try {
        if (isInPlace()) Deno.removeSync(path);
      } finally {
        file.close();
      }
    };
    return { path, isInPlace, release };
  }
  throw new SessionctlError(
    "IO_ERROR",
    `the lock file ${path} is replaced again and again`,
  );
}

function writePid(file: Deno.FsFile): void {
  try {
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch { /* The disk is full: the lock holds all the same, only nobody learns whose it is. */ }
}

/** The holder's pid; until it has written that, the file is empty or holds a dead one's. */
function readPid(path: string): number | undefined {
  for (let attempt = 0; attempt < PID_ATTEMPTS; attempt++) {
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PID_WAIT_MS);
    try {
      const pid = Number(Deno.readTextFileSync(path).trim());
      if (Number.isInteger(pid) && pid > 0 && isRunning(pid)) return pid;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function isRunning(pid: number): boolean {
  try {
    // No signal at all: only whether it could be sent.
    Deno.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}
