import { dirname } from "@std/path/posix";
import { SessionctlError } from "./errors.ts";
import { printablePath } from "./socket_path.ts";
import { socketOwnership } from "./unix_socket.ts";

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
  readonly conn: Deno.UnixConn;
  /** The connection's descriptor, where the kernel was asked. */
  readonly descriptor?: number;
}

/** How often a connection is made again whose descriptor another thread's file has taken. */
const ATTEMPTS = 10;

/**
 * Connects to the Unix socket at `path` if its owner and the process that listens on it are
 * this user, a user of `allowOwners`, or (the process alone) root.
 *
 * @throws {SessionctlError} `FOREIGN_OWNER`; `IO_ERROR` when nobody can tell whose process it is.
 * @throws what `Deno.connect` throws.
 */
export async function connectOwned(
  path: string,
  { allowOwners = [], kernel }: OwnedConnectionOptions = {},
): Promise<OwnedConnection> {
  const own = Deno.uid();
  if (own === null) return { conn: await Deno.connect({ transport: "unix", path }) };
  if (socketOwnership(path, allowOwners) === "foreign") throw foreignOwner(path);
  const isTrusted = (uid: number | null) =>
    uid === 0 || uid === own || (uid !== null && allowOwners.includes(uid));
  if (!kernel) {
    const way = wayTo(path, isTrusted);
    if (way) {
      const conn = await Deno.connect({ transport: "unix", path });
      if (way.every(isUnchanged)) return { conn };
      conn.close();
    }
  }
  return await connectAsking(kernel ?? await loadKernel(), path, isTrusted);
}

async function loadKernel(): Promise<PeerSource> {
  const { nextDescriptor, peerUid } = await import("./libc.ts");
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

/** An entry of a sticky folder on the way to a socket. */
interface Entry {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

const MAX_LINKS = 40;
const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Follows `path` from the root, links included, as the kernel does.
 *
 * @returns the entries that have to be looked at again after the connect; undefined if somebody
 * who is not trusted can change where the path leads.
 * @throws what `lstat` throws.
 */
function wayTo(path: string, isTrusted: (uid: number | null) => boolean): Entry[] | undefined {
  const again: Entry[] = [];
  const ahead = (path.startsWith("/") ? path : `${Deno.cwd()}/${path}`).split("/").reverse();
  let links = 0;
  let at = "/";
  let folder = Deno.lstatSync(at);
  while (ahead.length > 0) {
    const name = ahead.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      // The part before it has no links any more, and was looked at.
      at = dirname(at);
      folder = Deno.lstatSync(at);
      continue;
    }
    const entry = at === "/" ? `/${name}` : `${at}/${name}`;
    const info = Deno.lstatSync(entry);
    if (!isTrusted(folder.uid)) return undefined;
    const mode = folder.mode ?? WRITABLE_BY_OTHERS;
    if ((mode & WRITABLE_BY_OTHERS) !== 0) {
      // A file system that is mounted here can be a stranger's, and claim any owner.
      const isProtected = (mode & STICKY) !== 0 && isTrusted(info.uid) && info.dev === folder.dev;
      if (!isProtected) return undefined;
      again.push({ path: entry, info });
    }
    if (info.isSymlink) {
      const target = Deno.readLinkSync(entry);
      if (++links > MAX_LINKS) return undefined;
      ahead.push(...target.split("/").reverse());
      if (!target.startsWith("/")) continue;
      at = "/";
      folder = Deno.lstatSync(at);
      continue;
    }
    at = entry;
    folder = info;
  }
  return again;
}

/**
 * Whether an entry still is the file it was. The number alone could be given to a new file, and a
 * hard link could bring the old one back: either changes the time. A folder's changes with each
 * file in it, so of a folder the time of its birth counts, which has no hard links.
 */
function isUnchanged({ path, info }: Entry): boolean {
  try {
    const now = Deno.lstatSync(path);
    const time = info.isDirectory ? "birthtime" : "ctime";
    return now.dev === info.dev && now.ino === info.ino && now.uid === info.uid &&
      now[time]?.getTime() === info[time]?.getTime();
  } catch {
    return false;
  }
}
