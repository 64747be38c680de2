/**
 * The registry: sessions, ranking, liveness, the HTTP API and its client. The server loads on
 * demand, because most commands are clients.
 */
export { RegistryClient } from "./client/client.ts";
export type { RegistryClientOptions } from "./client/options.ts";
export { SessionTracker, type WatchedChange } from "./client/session_tracker.ts";
export type { WatchOptions } from "./client/watch.ts";
export { SERVE_DEFAULTS } from "./defaults.ts";
export { compareFocus, type Focus, windowIdOf } from "./focus.ts";
export type { Health, ListedSession, RankedSession, WatchEvent } from "./protocol.ts";
export { registryLockPath, supervisorLockPath } from "./paths.ts";
export { UPSTREAM_HEADER } from "./protocol.ts";
export type { Ranked } from "./index/ranking.ts";
export type { Registry } from "./server/registry.ts";
export type { RegistryServer, ServeOptions, ServerExtras } from "./server/serve_options.ts";
export type { Candidate, RegistryEvent } from "./server/types.ts";
export {
  describeSession,
  type Session,
  type SessionEntry,
  type SessionSource,
  workspaceFolders,
} from "./session.ts";

import type { FileLock } from "../platform/mod.ts";
import type { RegistryServer, ServeOptions } from "./server/serve_options.ts";
import type { Session } from "./session.ts";
import type { StateHolder } from "./store/state_holder.ts";

/**
 * Starts the registry on a Unix socket, with its hub on a socket beside it.
 *
 * @returns the running server, ready for requests.
 * @throws {SessionctlError} `SERVER_RUNNING` if a registry already runs there, `ADDRESS_IN_USE` if
 * another program does, `SOCKET_PATH_INVALID`, `UNSAFE_DIRECTORY`, `STATE_UNAVAILABLE`,
 * `ACCESS_DENIED`, `NOT_SUPPORTED` on Windows.
 * @example
 * ```ts
 * const server = await serveRegistry({ socketPath: "/run/user/1000/app/registry.sock" });
 * await server.close();
 * ```
 */
export async function serveRegistry(options: ServeOptions): Promise<RegistryServer> {
  const { serveRegistry } = await import("./server/serve.ts");
  return await serveRegistry(options);
}

/** Removes the dead sessions from a state file without a server; see `prune_state.ts`. */
export async function pruneState(
  ...args: Parameters<typeof import("./store/prune_state.ts").pruneState>
): Promise<Session[]> {
  const { pruneState } = await import("./store/prune_state.ts");
  return await pruneState(...args);
}

/** Finds the process that uses a state file; see `state_holder.ts`. */
export async function stateHolder(
  ...args: Parameters<typeof import("./store/state_holder.ts").stateHolder>
): Promise<StateHolder | undefined> {
  const { stateHolder } = await import("./store/state_holder.ts");
  return stateHolder(...args);
}

/** Takes a lock of the registry or of its supervisor; see `lock.ts` for the errors. */
export async function takeLock(
  ...args: Parameters<typeof import("./server/lock.ts").takeLock>
): Promise<FileLock> {
  const { takeLock } = await import("./server/lock.ts");
  return takeLock(...args);
}

/** Throws if a registry runs on a path; see `lock.ts` for the errors. */
export async function checkVacant(socketPath: string): Promise<void> {
  const { checkVacant } = await import("./server/lock.ts");
  checkVacant(socketPath);
}
