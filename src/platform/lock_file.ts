import { SessionctlError } from "./errors.ts";
import { fileIdentity, sameFile } from "./unix_socket.ts";

/** An exclusive lock that lasts until it is released or the process ends. */
export interface FileLock {
  readonly path: string;
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
      const heldBy = readPid(path);
      file.close();
      return { heldBy };
    }
    const { dev, ino } = file.statSync();
    const identity = { dev, ino: ino ?? 0 };
    if (!sameFile(fileIdentity(path), identity)) {
      file.close();
      continue;
    }
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    const release = () => {
      if (sameFile(fileIdentity(path), identity)) Deno.removeSync(path);
      file.close();
    };
    return { path, release };
  }
  throw new SessionctlError(
    "IO_ERROR",
    `the lock file ${path} is replaced again and again`,
  );
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(Deno.readTextFileSync(path).trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
