import { SessionctlError } from "../../errors.ts";
import { type FileLock, lockFile, lockHolder, printablePath } from "../../platform/mod.ts";
import { registryLockPath } from "../paths.ts";

/**
 * Takes a lock of the registry on `socketPath`, or of its supervisor.
 *
 * @param path The lock file.
 * @param state How to describe the registry if another process holds the lock.
 * @throws {SessionctlError} `SERVER_RUNNING`, naming the process that holds it.
 */
export function takeLock(
  path: string,
  state: "running" | "supervised",
  socketPath: string,
): FileLock {
  const lock = lockFile(path);
  if ("release" in lock) return lock;
  throw taken(state, socketPath, lock.heldBy);
}

/**
 * Checks whether a registry runs on `socketPath`, without trying to take its lock. Taking it would
 * make another process that starts a registry at this moment believe that one runs.
 *
 * @throws {SessionctlError} `SERVER_RUNNING`, naming the process that holds the lock.
 */
export function checkVacant(socketPath: string): void {
  const holder = lockHolder(registryLockPath(socketPath));
  if (holder !== undefined) throw taken("running", socketPath, holder);
}

function taken(
  state: "running" | "supervised",
  socketPath: string,
  pid: number | undefined,
): SessionctlError {
  const who = pid === undefined ? "" : ` (pid ${pid})`;
  return new SessionctlError(
    "SERVER_RUNNING",
    `a registry is already ${state} on ${printablePath(socketPath)}${who}`,
    { hint: "run: sessionctl status" },
  );
}
