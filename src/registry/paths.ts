import { besideSocket, usesPipes } from "../platform/mod.ts";
import { basename, dirname, join } from "@std/path";

/** Held by a registry for its life: whoever has it is the registry of that socket. */
export function registryLockPath(socketPath: string): string {
  return besideSocket(socketPath, ".lock");
}

/**
 * Held by a supervisor for its life: as long as it is, the registry of that socket comes
 * back whenever it ends.
 */
export function supervisorLockPath(socketPath: string): string {
  return besideSocket(socketPath, ".supervisor.lock");
}

/** Both of them. */
export function lockPaths(socketPath: string): string[] {
  return [registryLockPath(socketPath), supervisorLockPath(socketPath)];
}

/**
 * Where the hub of a registry listens: `hub.sock` beside `registry.sock`. Registries of
 * other names in one directory have hubs of other names.
 */
export function hubSocketPath(registrySocket: string): string {
  if (usesPipes()) return `${registrySocket}-hub`;
  const name = basename(registrySocket);
  const hub = name === "registry.sock" ? "hub.sock" : `${name.replace(/\.sock$/, "")}-hub.sock`;
  return join(dirname(registrySocket), hub);
}
