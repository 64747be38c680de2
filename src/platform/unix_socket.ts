import { dirname, join } from "@std/path";
import { errnoOf, SessionctlError } from "../errors.ts";
import { checkPrivateDirectory } from "./private_directory.ts";
import { isPipePath, usesPipes } from "./pipe_name.ts";
import { checkSocketPath, printablePath } from "./socket_path.ts";
import type { SocketListener } from "./stream_socket.ts";

/** Which file a path names: two paths with the same identity are one file. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The identity of what `path` names now (not following a link), if anything. Not for pipes. */
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
 * Removes `path` only if it still is the file it was.
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

/** A listening Unix socket whose public path we put there, or a named pipe of Windows. */
export interface BoundSocket<Listener extends SocketListener = SocketListener> {
  readonly listener: Listener;
  readonly path: string;
  /** The name the kernel knows the listener by; `getsockname` gives it back. */
  readonly boundPath: string;
  readonly identity: FileIdentity;
  /** Stops listening and removes the public path, unless it is somebody else's by now. */
  close(): void;
}

/** Short, so that it seldom is longer than the public name: it has to fit into `sun_path` too. */
function privateName(path: string): string {
  const tag = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36).slice(
    0,
    6,
  );
  return join(dirname(path), `.${tag}`);
}

export interface BindOptions {
  /** Checks the directory it is put into; by default that it is ours alone. */
  checkDirectory?(directory: string): void;
  /** Moves the socket from its private name to its public path; by default a rename. */
  publish?(boundPath: string, path: string): void;
}

/**
 * Listens on a Unix socket that nobody else can open, even for a moment.
 *
 * The runtime makes a socket file 0755 and, when the listener closes, unlinks its
 * path whoever's file is there by then. So the socket is bound under a private name
 * in the same directory, made 0600, and renamed to its public path, which replaces
 * a stale file. The caller makes sure that no live server is replaced.
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
  // In a directory others may look into, it must not be theirs to open for a moment.
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
      // In this order: while the listener is open, no other file can get its inode.
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
 * Listens on a socket: as {@link bindUnixSocket} on a Unix socket and, on Windows, on a named
 * pipe, which the system removes when nobody has it open.
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
    `cannot listen on ${printablePath(path)}: ${(error as Error).message}`,
    { cause: error },
  );
}

/** Whether a socket file may be used, and why not. */
export type SocketOwnership = "ours" | "missing" | "foreign" | "not-a-socket" | "unreadable";

const REASONS = {
  missing: "does not exist",
  foreign: "belongs to another user",
  "not-a-socket": "is not a socket",
  unreadable: "may not be used: permission denied",
} as const;

/** Why a socket file may not be used, as a predicate for its path. */
export function ownershipReason(ownership: Exclude<SocketOwnership, "ours">): string {
  return REASONS[ownership];
}

/** Why a socket is not this user's to use, as a predicate for its path. */
export function forbiddenReason(path: string): string {
  return ownershipReason(socketOwnership(path) === "foreign" ? "foreign" : "unreadable");
}

/**
 * Whether the socket at `path` is this user's. A link counts only if the link
 * itself is ours too: in a shared directory anybody can place one.
 *
 * @param allowOwners Further user ids whose sockets may be used (`--allow-owner`).
 */
export function socketOwnership(
  path: string,
  allowOwners: readonly number[] = [],
): SocketOwnership {
  // Asked for its attributes, a pipe would take it for a client. Connecting tells.
  if (usesPipes() && isPipePath(path)) return "ours";
  const allowed = (uid: number | null) =>
    uid === null || uid === Deno.uid() || allowOwners.includes(uid);
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
