import { SessionctlError } from "../errors.ts";
import { printablePath } from "./socket_path.ts";
import type { SocketConn } from "./stream_socket.ts";
import { usesPipes } from "./pipe_name.ts";
import { socketOwnership } from "./unix_socket.ts";
import { followWay, isUnchanged } from "./way.ts";

/**
 * Connections to a Unix socket with certainty about whose process is at the other end.
 *
 * A look at the socket's owner before the connect is not enough: the socket may be replaced in
 * between, by another user where everybody may make files, or by a swapped folder or link. Two
 * proofs are enough:
 *
 * - The way: every folder from `/` to the socket can be changed by trusted users alone, so what
 *   was looked at is what was connected to. In a sticky folder (`/tmp`) others may put a new file
 *   where one of ours was removed, but cannot put the old one back: a second look after the
 *   connect finds such a change. This costs a few `lstat`s, so `open` and `find` use it.
 * - The kernel: it remembers who called listen(2). Loading the foreign function interface for
 *   that takes about 0.8 ms, as long as 90 `lstat`s, so it is asked only where the way proves
 *   nothing, such as below a folder that its group may write to, and by commands that have loaded
 *   the interface already.
 */

/** The system calls about a connection's peer; `libc.ts` has them. */
export interface PeerSource {
  /** The number that the next descriptor will have. */
  next(): number;
  /** The user who called listen(2) on the other end; undefined if the descriptor is no Unix connection. */
  peerUid(descriptor: number): number | undefined;
}

export interface OwnedConnectionOptions {
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Asks the kernel at once, for callers that have it loaded. */
  readonly kernel?: PeerSource;
}

export interface OwnedConnection {
  readonly conn: SocketConn;
  /** The connection's descriptor, where the kernel was asked. */
  readonly descriptor?: number;
}

/** The mode bits that let others than the owner write. A group may have members that we do not know. */
const ANYBODY_ELSE = 0o022;
/** How often a connection is made again whose descriptor another thread's file has taken. */
const ATTEMPTS = 10;

/**
 * Connects to the Unix socket at `path` if its owner and the process that listens on it are
 * this user, a user of `allowOwners`, or (the process alone) root. On Windows, to the named pipe,
 * whose owner the runtime does not tell.
 *
 * @throws {SessionctlError} `FOREIGN_OWNER`; `IO_ERROR` when nobody can tell whose process it is.
 * @throws what `Deno.connect` throws.
 */
export async function connectOwned(
  path: string,
  { allowOwners = [], kernel }: OwnedConnectionOptions = {},
): Promise<OwnedConnection> {
  if (usesPipes()) {
    const { connectPipe } = await import("./pipes/mod.ts");
    return { conn: await connectPipe(path) };
  }
  const own = Deno.uid();
  if (socketOwnership(path, allowOwners) === "foreign") throw foreignOwner(path);
  const isTrusted = (uid: number | null) =>
    uid === 0 || uid === own || (uid !== null && allowOwners.includes(uid));
  if (!kernel) {
    const { culprit, sticky } = followWay(path, isTrusted, ANYBODY_ELSE);
    if (!culprit) {
      const conn = await Deno.connect({ transport: "unix", path });
      if (sticky.every(isUnchanged)) return { conn };
      conn.close();
    }
  }
  return await connectAsking(kernel ?? await loadKernel(), path, isTrusted);
}

async function loadKernel(): Promise<PeerSource> {
  const { nextDescriptor, peerUid } = await import("./ffi/libc.ts");
  return { next: nextDescriptor, peerUid };
}

async function connectAsking(
  kernel: PeerSource,
  path: string,
  isTrusted: (uid: number) => boolean,
): Promise<OwnedConnection> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // The runtime makes and connects the socket within the call, and does not tell its number.
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
