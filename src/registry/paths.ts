import { besideSocket, usesPipes } from "../platform/mod.ts";
import { basename, dirname, join } from "@std/path";

/** The lock file that a registry holds while it runs. Its holder is the registry of that socket. */
export function registryLockPath(socketPath: string): string {
  return besideSocket(socketPath, ".lock");
}

/**
 * The lock file that a supervisor holds while it runs. As long as it is held, the registry of that
 * socket comes back whenever it ends.
 */
export function supervisorLockPath(socketPath: string): string {
  return besideSocket(socketPath, ".supervisor.lock");
}

/** The lock files of the registry and of its supervisor. */
export function lockPaths(socketPath: string): string[] {
  return [registryLockPath(socketPath), supervisorLockPath(socketPath)];
}

/**
 * The path of a registry's hub: `hub.sock` beside `registry.sock`. If a directory has registries
 * with other names, the names of their hubs follow from theirs.
 */
export function hubSocketPath(registrySocket: string): string {
  if (usesPipes()) return `${registrySocket}-hub`;
  const name = basename(registrySocket);
  const hub = name === "registry.sock" ? "hub.sock" : `${name.replace(/\.sock$/, "")}-hub.sock`;
  return join(dirname(registrySocket), hub);
}
