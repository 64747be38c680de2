/**
 * The system calls that the protocol of a service manager needs, through the runtime's foreign
 * function interface.
 *
 * Constants: Linux `<bits/socket.h>`, `<bits/socket_type.h>`, `<linux/time.h>`.
 */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL_DONTWAIT = 0x4000 | 0x40;
const CLOCK_MONOTONIC = 1;
/** Maximum number of waiting connections; the kernel's own limit is lower or the same. */
const BACKLOG = 4096;
/** Maximum length of a Unix socket's path, in bytes, including its final NUL. */
const SUN_PATH_BYTES = 108;

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "u64", "i32", "buffer", "u32"], result: "i64" },
    close: { parameters: ["i32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  }).symbols;
}

let loaded: Libc | undefined;
const libc = (): Libc => loaded ??= open();

/**
 * Sends one datagram to a Unix socket, without waiting.
 *
 * @param path An absolute path, or a name in the abstract namespace after an `@`.
 * @returns whether it was sent.
 */
export function sendDatagram(path: string, text: string): boolean {
  const name = new TextEncoder().encode(path);
  if (name.length >= SUN_PATH_BYTES) return false;
  if (name[0] === "@".charCodeAt(0)) name[0] = 0;
  const address = new Uint8Array(2 + name.length + (name[0] === 0 ? 0 : 1));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  const descriptor = libc().socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bytes = new TextEncoder().encode(text);
  const { sendto, close } = libc();
  const flags = MSG_NOSIGNAL_DONTWAIT;
  const sent = sendto(descriptor, bytes, BigInt(bytes.length), flags, address, address.length);
  close(descriptor);
  return Number(sent) === bytes.length;
}

/** The monotonic clock, in microseconds. */
export function monotonicMicroseconds(): bigint {
  const time = new BigInt64Array(2);
  libc().clock_gettime(CLOCK_MONOTONIC, new Uint8Array(time.buffer));
  return time[0]! * 1_000_000n + time[1]! / 1000n;
}

/**
 * Makes this process appear to clients as the one that listens on a socket: the kernel reports the
 * process that called listen(2) last. Source: unix(7), SO_PEERCRED.
 *
 * @returns whether this succeeded.
 */
export function listenAgain(descriptor: number): boolean {
  return libc().listen(descriptor, BACKLOG) === 0;
}

export function closeDescriptor(descriptor: number): void {
  libc().close(descriptor);
}
