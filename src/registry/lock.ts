import { type FileLock, lockFile, printablePath, SessionctlError } from "../platform/mod.ts";

/**
 * Takes a lock of the registry on `socketPath`, or of its supervisor.
 *
 * @param path The lock file.
 * @param state What the registry is, if somebody else holds the lock.
 * @throws {SessionctlError} `SERVER_RUNNING`, naming the process that holds it.
 */
export function takeLock(
  path: string,
  state: "running" | "supervised",
  socketPath: string,
): FileLock {
  const lock = lockFile(path);
  if ("release" in lock) return lock;
  const who = lock.heldBy === undefined ? "" : ` (pid ${lock.heldBy})`;
  throw new SessionctlError(
    "SERVER_RUNNING",
    `a registry is ${state} on ${printablePath(socketPath)} already${who}`,
    { hint: "see it with: sessionctl status" },
  );
}
