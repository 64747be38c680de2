import { dirname, join } from "@std/path";
import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import { checkPrivateDirectory } from "./private_directory.ts";
import { isPipePath, usesPipes } from "./pipe_name.ts";
import { checkSocketPath, printablePath } from "./socket_path.ts";
import type { SocketListener } from "./stream_socket.ts";

/** The file that a path names: two paths with the same identity are one file. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The identity of the file at `path` (without following symlinks), if it exists. Not for pipes. */
export function fileIdentity(path: string): FileIdentity | undefined {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return { dev, ino: ino ?? 0 };
  } catch {
    return undefined;
  }
}

export function sameFile(
  a: FileIdentity | undefined,
  b: FileIdentity | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.dev === b.dev &&
    a.ino === b.ino;
}

/**
 * Removes `path` only if it is still the same file.
 *
 * @returns whether it was removed.
 */
export function removeIfSame(path: string, identity: FileIdentity): boolean {
  if (!sameFile(fileIdentity(path), identity)) return false;
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A listening Unix socket with a public path that we created, or a Windows named pipe. */
export interface BoundSocket<Listener extends SocketListener = SocketListener> {
  readonly listener: Listener;
  readonly path: string;
  /** The name by which the kernel knows the listener; `getsockname` returns it. */
  readonly boundPath: string;
  readonly identity: FileIdentity;
  /** Stops listening and removes the public path, unless it has another file by now. */
  close(): void;
}

/**
 * Short, so that it is seldom longer than the public name, because it has to fit into `sun_path`.
 */
function privateName(path: string): string {
  const tag = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36).slice(
    0,
    6,
  );
  return join(dirname(path), `.${tag}`);
}

export interface BindOptions {
  /** Checks the socket's directory; by default, that it is private to us. */
  checkDirectory?(directory: string): void;
  /** Moves the socket from its private name to its public path; renames it by default. */
  publish?(boundPath: string, path: string): void;
}

/**
 * Listens on a Unix socket that no other user can open, even for a moment.
 *
 * The runtime creates a socket file with mode 0755 and, when the listener closes, unlinks its path
 * whatever file is there by then. So the socket is bound under a private name in the same
 * directory, changed to mode 0600, and renamed to its public path, which replaces a stale file. The
 * caller makes sure that no live server is replaced.
 *
 * @throws {SessionctlError} `SOCKET_PATH_INVALID`, `UNSAFE_DIRECTORY`, `ACCESS_DENIED`, `IO_ERROR`.
 */
export function bindUnixSocket(
  path: string,
  what = "the socket path",
  options: BindOptions = {},
): BoundSocket<Deno.UnixListener> {
  checkSocketPath(path, what);
  const boundPath = privateName(path);
  checkSocketPath(boundPath, what);
  (options.checkDirectory ?? checkPrivateDirectory)(dirname(path));
  let listener: Deno.UnixListener;
  // In a directory that others can read, they must not be able to open it even for a moment.
  const mask = options.checkDirectory ? Deno.umask(0o177) : undefined;
  try {
    listener = Deno.listen({ transport: "unix", path: boundPath });
  } catch (error) {
    throw cannotListen(path, error);
  } finally {
    if (mask !== undefined) Deno.umask(mask);
  }
  try {
    Deno.chmodSync(boundPath, 0o600);
    const identity = fileIdentity(boundPath)!;
    (options.publish ?? Deno.renameSync)(boundPath, path);
    const close = () => {
      // In this order, because no other file can get its inode while the listener is open.
      try {
        removeIfSame(path, identity);
      } finally {
        listener.close();
      }
    };
    return { listener, path, boundPath, identity, close };
  } catch (error) {
    listener.close();
    throw cannotListen(path, error);
  }
}

/**
 * Listens on a socket: like {@link bindUnixSocket} on a Unix socket and, on Windows, on a named
 * pipe, which the system removes when no process has it open.
 *
 * @throws {SessionctlError} as {@link bindUnixSocket}.
 */
export async function bindSocket(path: string, what?: string): Promise<BoundSocket> {
  if (!usesPipes()) return bindUnixSocket(path, what);
  checkSocketPath(path, what ?? "the socket path");
  const { listenOnPipe } = await import("./pipes/mod.ts");
  const listener = await listenOnPipe(path).catch((error) => {
    throw cannotListen(path, error);
  });
  const close = () => listener.close();
  return { listener, path, boundPath: path, identity: { dev: 0, ino: 0 }, close };
}

function cannotListen(path: string, error: unknown): SessionctlError {
  const code = error instanceof Deno.errors.PermissionDenied ? "ACCESS_DENIED" : "IO_ERROR";
  return new SessionctlError(
    code,
    `cannot listen on ${printablePath(path)}: ${reasonOf(error)}`,
    { cause: error },
  );
}

let ownUser: number | null | undefined;

/** The id of this user, asked once: the runtime checks a permission at each call. */
export function ownUid(): number | null {
  return ownUser ??= Deno.uid();
}

/** Whether a socket file may be used, and the reason if not. */
export type SocketOwnership = "ours" | "missing" | "foreign" | "not-a-socket" | "unreadable";

const REASONS = {
  missing: "does not exist",
  foreign: "belongs to another user",
  "not-a-socket": "is not a socket",
  unreadable: "may not be used: permission denied",
} as const;

/** The reason why a socket file may not be used, as a predicate for its path. */
export function ownershipReason(ownership: Exclude<SocketOwnership, "ours">): string {
  return REASONS[ownership];
}

/** The reason why this user may not use a socket, as a predicate for its path. */
export function forbiddenReason(path: string): string {
  return ownershipReason(socketOwnership(path) === "foreign" ? "foreign" : "unreadable");
}

/**
 * Whether the socket at `path` belongs to this user. A symlink only counts if the symlink itself is
 * also ours, because anyone can create one in a shared directory.
 *
 * @param allowOwners Further user ids whose sockets may be used (`--allow-owner`).
 */
export function socketOwnership(
  path: string,
  allowOwners: readonly number[] = [],
): SocketOwnership {
  // Asking a pipe for its attributes would count as a client's connection. Connecting shows its
  // state.
  if (usesPipes() && isPipePath(path)) return "ours";
  const allowed = (uid: number | null) =>
    uid === null || uid === ownUid() || allowOwners.includes(uid);
  try {
    const link = Deno.lstatSync(path);
    if (!allowed(link.uid)) return "foreign";
    const info = link.isSymlink ? Deno.statSync(path) : link;
    if (!allowed(info.uid)) return "foreign";
    return info.isSocket ? "ours" : "not-a-socket";
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EACCES" || errno === "EPERM") return "unreadable";
    return "missing";
  }
}
