/**
 * The few system calls that the runtime does not offer, through its foreign function interface.
 * Loading it takes almost a millisecond, so short commands avoid it where they can (see
 * `owned_connection.ts`).
 *
 * Constants: Linux `<asm-generic/socket.h>`, `<asm-generic/resource.h>`;
 * macOS `<sys/socket.h>`, `<sys/resource.h>`.
 */

const linux = Deno.build.os === "linux";

const AF_UNSPEC = 0;
const AF_UNIX = 1;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const MSG_PEEK = 2;
const MSG_DONTWAIT = linux ? 0x40 : 0x80;
/** macOS has a socket option for this; the runtime ignores the signal anyway. */
const MSG_NOSIGNAL = linux ? 0x4000 : 0;
const RLIMIT_NOFILE = linux ? 7 : 8;
/** macOS refuses a soft limit above OPEN_MAX, whatever the hard limit is. */
const MACOS_OPEN_MAX = 10_240n;

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen(linux ? "libc.so.6" : "libSystem.B.dylib", {
    shutdown: { parameters: ["i32", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    dup: { parameters: ["i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
    getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  }).symbols;
}

let loaded: Libc | undefined;
const libc = (): Libc => loaded ??= open();

/** The soft and hard limits of open descriptors. */
export interface FileLimit {
  readonly soft: number;
  readonly hard: number;
}

export function fileLimit(): FileLimit {
  const limits = new BigUint64Array(2);
  libc().getrlimit(RLIMIT_NOFILE, new Uint8Array(limits.buffer));
  return { soft: Number(limits[0]), hard: Number(limits[1]) };
}

/**
 * Raises the soft limit of open descriptors to the hard limit, but at most to `most`.
 *
 * @returns the resulting soft limit.
 */
export function raiseFileLimit(most = 1_048_576): number {
  const { soft, hard } = fileLimit();
  let wanted = BigInt(Math.min(hard, most));
  if (!linux && wanted > MACOS_OPEN_MAX) wanted = MACOS_OPEN_MAX;
  if (wanted <= BigInt(soft)) return soft;
  const limits = new BigUint64Array([wanted, BigInt(hard)]);
  libc().setrlimit(RLIMIT_NOFILE, new Uint8Array(limits.buffer));
  return fileLimit().soft;
}

/**
 * Ends both directions of a connection immediately: blocked reads and writes fail, and the peer
 * sees the end.
 */
export function shutdownDescriptor(descriptor: number): void {
  libc().shutdown(descriptor, SHUT_RDWR);
}

/**
 * Aborts a TCP connection: its peer gets a reset instead of a clean end.
 * Source: connect(2), "connect to an address with sa_family AF_UNSPEC dissolves the association".
 */
export function abortDescriptor(descriptor: number): void {
  const address = new Uint8Array(16);
  if (linux) new DataView(address.buffer).setUint16(0, AF_UNSPEC, true);
  else address.set([16, AF_UNSPEC]);
  libc().connect(descriptor, address, address.length);
}

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const ON = new Uint8Array(new Uint32Array([1]).buffer);

/**
 * Makes TCP send small pieces immediately, without waiting for earlier ones to be acknowledged.
 * Connections inherit this from their listener.
 * Source: tcp(7), TCP_NODELAY.
 */
export function sendAtOnce(descriptor: number): void {
  libc().setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, ON, ON.length);
}

/**
 * Reads the bytes of a connection that have arrived and are unread; they stay there.
 *
 * @returns the number of bytes copied to `into`; 0 if none have arrived.
 */
export function peekDescriptor(descriptor: number, into: Uint8Array<ArrayBuffer>): number {
  const count = libc().recv(descriptor, into, BigInt(into.length), MSG_PEEK | MSG_DONTWAIT);
  return Math.max(0, Number(count));
}

/** Consumes the bytes from {@link peekDescriptor}, answers them, and ends our direction. */
export function answerDescriptor(
  descriptor: number,
  peeked: Uint8Array<ArrayBuffer>,
  answer: Uint8Array<ArrayBuffer>,
): void {
  libc().recv(descriptor, peeked, BigInt(peeked.length), MSG_DONTWAIT);
  libc().send(descriptor, answer, BigInt(answer.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  libc().shutdown(descriptor, SHUT_WR);
}

/**
 * Sends as many bytes as the system takes without waiting. Use it only for a descriptor that
 * certainly belongs to the connection.
 *
 * @returns their number; 0 if it takes none now, or the connection has failed.
 */
export function sendWithoutWaiting(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number {
  const count = libc().send(descriptor, bytes, BigInt(bytes.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  return Math.max(0, Number(count));
}

function addressFamily(address: Uint8Array): number {
  return linux ? address[0]! | address[1]! << 8 : address[1]!;
}

const address = new Uint8Array(128);
/** The length of the last answer, which the kernel writes back. */
const answerLength = new Uint32Array(1);
const answerLengthBytes = new Uint8Array(answerLength.buffer);

/** The path that a Unix socket's descriptor was bound to; undefined for other descriptors. */
export function boundPathOf(descriptor: number): string | undefined {
  answerLength[0] = address.length;
  if (
    libc().getsockname(descriptor, address, answerLengthBytes) !== 0
  ) {
    return undefined;
  }
  if (addressFamily(address) !== AF_UNIX) return undefined;
  // The name of an unnamed socket is only its family; the rest of the buffer is an earlier answer.
  const name = address.subarray(2, answerLength[0]);
  const end = name.indexOf(0);
  return new TextDecoder().decode(end === -1 ? name : name.subarray(0, end));
}

/** The local port of a TCP connection's descriptor; undefined for other descriptors. */
export function localPortOf(descriptor: number): number | undefined {
  answerLength[0] = address.length;
  if (libc().getsockname(descriptor, address, answerLengthBytes) !== 0) return undefined;
  if (addressFamily(address) === AF_UNIX || answerLength[0]! < 16) return undefined;
  return address[2]! << 8 | address[3]!;
}

/** The local address of a TCP socket's descriptor; undefined for other descriptors. */
export function localAddressOf(
  descriptor: number,
): { hostname: string; port: number } | undefined {
  const port = localPortOf(descriptor);
  if (port === undefined) return undefined;
  // `sockaddr_in` has its address after the port, `sockaddr_in6` also after its flow.
  if (answerLength[0] === 16) return { hostname: address.subarray(4, 8).join("."), port };
  const view = new DataView(address.buffer);
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(8 + 2 * at).toString(16));
  return { hostname: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), port };
}

/**
 * Returns every open descriptor of this process. If they cannot be listed (which needs one more
 * descriptor, when all may be in use), it returns every number that a descriptor could have.
 */
export function* openDescriptors(): Generator<number> {
  let entries: Iterable<Deno.DirEntry>;
  try {
    entries = Deno.readDirSync(linux ? "/proc/self/fd" : "/dev/fd");
  } catch {
    const { soft } = fileLimit();
    for (let descriptor = 0; descriptor < soft; descriptor++) yield descriptor;
    return;
  }
  for (const entry of entries) {
    const descriptor = Number(entry.name);
    if (Number.isInteger(descriptor)) yield descriptor;
  }
}

/**
 * The number of this process's next descriptor, because the kernel always assigns the lowest free
 * one. This is only right for descriptors opened synchronously after the call.
 */
export function nextDescriptor(): number {
  const descriptor = libc().dup(2);
  if (descriptor >= 0) libc().close(descriptor);
  return descriptor;
}

/** Linux `<asm-generic/socket.h>`, SO_PEERCRED; macOS `<sys/un.h>`, SOL_LOCAL and LOCAL_PEERCRED. */
const [PEER_LEVEL, PEER_CREDENTIALS] = linux ? [1, 17] : [0, 1];
/** `struct ucred` is pid, uid, gid; `struct xucred` is version, uid, groups. The uid is second in both. */
const credentials = new Uint32Array(32);
const credentialBytes = new Uint8Array(credentials.buffer);

/**
 * The user at the other end of a Unix connection at the time when that end called listen(2).
 * Source: unix(7), SO_PEERCRED; macOS `<sys/ucred.h>`.
 *
 * @returns undefined if `descriptor` is not a Unix connection, or the system does not report it.
 */
export function peerUid(descriptor: number): number | undefined {
  if (!isUnixConnection(descriptor)) return undefined;
  answerLength[0] = linux ? 12 : 76;
  const failed = libc().getsockopt(
    descriptor,
    PEER_LEVEL,
    PEER_CREDENTIALS,
    credentialBytes,
    answerLengthBytes,
  );
  return failed === 0 && answerLength[0]! >= 8 ? credentials[1] : undefined;
}

/** Whether `descriptor` is a Unix connection. */
export function isUnixConnection(descriptor: number): boolean {
  answerLength[0] = address.length;
  return libc().getpeername(descriptor, address, answerLengthBytes) === 0 &&
    addressFamily(address) === AF_UNIX;
}

const POLLERR = 0x08;
const POLLHUP = 0x10;
const pollEntry = new Uint8Array(8);
const pollView = new DataView(pollEntry.buffer);

/** Whether a connection's peer has closed it completely, and not only ended its sending side. */
export function hasHungUp(descriptor: number): boolean {
  return (eventsOf(descriptor) & POLLHUP) !== 0;
}

/** Whether a connection has failed, for example by a reset, without this being reported yet. */
export function hasFailed(descriptor: number): boolean {
  return (eventsOf(descriptor) & POLLERR) !== 0;
}

/** The events that poll(2) reports for a descriptor unrequested. */
function eventsOf(descriptor: number): number {
  pollView.setInt32(0, descriptor, true);
  pollView.setInt32(4, 0, true);
  return libc().poll(pollEntry, 1n, 0) === 1 ? pollView.getInt16(6, true) : 0;
}

/**
 * The raw address of a TCP connection's peer (`sockaddr_in` or `sockaddr_in6`), valid until the
 * next call; undefined for other descriptors.
 */
export function tcpPeerOf(descriptor: number): Uint8Array | undefined {
  answerLength[0] = address.length;
  if (libc().getpeername(descriptor, address, answerLengthBytes) !== 0) return undefined;
  const length = answerLength[0]!;
  if (addressFamily(address) === AF_UNIX || (length !== 16 && length !== 28)) return undefined;
  return address.subarray(0, length);
}
