import { SessionctlError } from "../errors.ts";
import { printablePath } from "./socket_path.ts";
import type { SocketConn } from "./stream_socket.ts";
import { usesPipes } from "./pipe_name.ts";
import { ownUid, socketOwnership } from "./unix_socket.ts";
import { followWay, isUnchanged } from "./way.ts";

/**
 * Connections to a Unix socket, with certainty about the owner of the process at the other end.
 *
 * Checking the socket's owner before the connect is not enough: the socket may be replaced in
 * between, by another user where everyone may create files, or by a swapped folder or symlink.
 * Either of two proofs is sufficient:
 *
 * - The way: only trusted users can change the folders from `/` to the socket, so the socket that
 *   was checked is the one that was connected to. In a sticky folder (`/tmp`) others may put a new
 *   file in place of a removed one of ours, but cannot put the old one back, so a second check
 *   after the connect detects such a change, unless the file is too new for its times to tell.
 *   This costs a few `lstat`s, so `open` and `find` use it.
 * - The kernel: it remembers the user who called listen(2). Loading the foreign function interface
 *   for that takes about 0.8 ms, as long as 90 `lstat`s, so the kernel is only asked where the way
 *   proves nothing, such as for a new file or below a group-writable folder, and by commands that
 *   have loaded the interface already.
 */

/** The system calls about a connection's peer; `libc.ts` has them. */
export interface PeerSource {
  /** The number of the next descriptor. */
  next(): number;
  /** The user who called listen(2) at the other end; undefined if it is not a Unix connection. */
  peerUid(descriptor: number): number | undefined;
}

export interface OwnedConnectionOptions {
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Asks the kernel immediately, for callers that have already loaded it. */
  readonly kernel?: PeerSource;
}

export interface OwnedConnection {
  readonly conn: SocketConn;
  /** The connection's descriptor, if the kernel was asked. */
  readonly descriptor?: number;
}

/** The mode bits that let users other than the owner write. The members of a group are unknown. */
const ANYBODY_ELSE = 0o022;
/** Maximum number of reconnects if another thread's file has taken the expected descriptor. */
const ATTEMPTS = 10;

/**
 * Connects to the Unix socket at `path` if its owner and the process that listens on it are this
 * user, a user of `allowOwners`, or (the process only) root. On Windows, connects to the named
 * pipe, whose owner the runtime does not reveal.
 *
 * @throws {SessionctlError} `FOREIGN_OWNER`; `IO_ERROR` if the process's owner cannot be
 * determined.
 * @throws the errors of `Deno.connect`.
 */
export async function connectOwned(
  path: string,
  { allowOwners = [], kernel }: OwnedConnectionOptions = {},
): Promise<OwnedConnection> {
  if (usesPipes()) {
    const { connectPipe } = await import("./pipes/mod.ts");
    return { conn: await connectPipe(path) };
  }
  const own = ownUid();
  if (socketOwnership(path, allowOwners) === "foreign") throw foreignOwner(path);
  const isTrusted = (uid: number | null) =>
    uid === 0 || uid === own || (uid !== null && allowOwners.includes(uid));
  if (!kernel) {
    const { culprit, sticky } = followWay(path, isTrusted, ANYBODY_ELSE);
    if (!culprit && !sticky.some(({ isFresh }) => isFresh)) {
      const conn = await Deno.connect({ transport: "unix", path });
      if (sticky.every(isUnchanged)) return { conn };
      conn.close();
    }
  }
  return await connectAsking(kernel ?? await loadKernel(), path, isTrusted);
}

/** Loads the foreign function interface. Not on Windows. */
export async function loadKernel(): Promise<PeerSource> {
  const { nextDescriptor, peerUid } = await import("./ffi/libc.ts");
  return { next: nextDescriptor, peerUid };
}

async function connectAsking(
  kernel: PeerSource,
  path: string,
  isTrusted: (uid: number) => boolean,
): Promise<OwnedConnection> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // The runtime creates and connects the socket within the call, and does not reveal its number.
    const descriptor = kernel.next();
    const connecting = Deno.connect({ transport: "unix", path });
    const uid = kernel.peerUid(descriptor);
    const conn = await connecting;
    if (uid !== undefined && isTrusted(uid)) return { conn, descriptor };
    conn.close();
    if (uid !== undefined) throw foreignOwner(path);
  }
  throw new SessionctlError(
    "IO_ERROR",
    `${printablePath(path)}: the system does not tell whose process listens there`,
  );
}

function foreignOwner(path: string): SessionctlError {
  return new SessionctlError("FOREIGN_OWNER", `${printablePath(path)} belongs to another user`);
}
