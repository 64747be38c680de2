/**
 * The system calls that the protocol of a service manager takes, through the runtime's foreign
 * function interface.
 *
 * Constants: Linux `<bits/socket.h>`, `<bits/socket_type.h>`, `<asm-generic/fcntl.h>`,
 * `<sys/epoll.h>`, `<linux/time.h>`.
 */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL_DONTWAIT = 0x4000 | 0x40;
const CLOCK_MONOTONIC = 1;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_SETFL = 4;
const EPOLL_CTL_ADD = 1;
/** The longest path of a Unix socket, in bytes, with its final NUL. */
const SUN_PATH_BYTES = 108;

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "u64", "i32", "buffer", "u32"], result: "i64" },
    close: { parameters: ["i32"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  }).symbols;
}

let loaded: Libc | undefined;
const libc = (): Libc => loaded ??= open();

/**
 * Sends one datagram to a Unix socket, without waiting.
 *
 * @param path An absolute path, or a name in the abstract namespace behind an `@`.
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

/** Where a descriptor is registered for events. */
export interface Registration {
  /** The descriptor of the event queue. */
  readonly queue: number;
  readonly events: number;
  readonly data: bigint;
}

/**
 * Makes `target` another name of what `source` is, and registers that for the events that the
 * former `target` was registered for.
 *
 * @returns whether all of it was done.
 */
export function replaceDescriptor(
  source: number,
  target: number,
  { queue, events, data }: Registration,
): boolean {
  const { fcntl, dup3, epoll_ctl } = libc();
  if (fcntl(source, F_SETFL, fcntl(source, F_GETFL, 0) | O_NONBLOCK) < 0) return false;
  if (dup3(source, target, O_CLOEXEC) < 0) return false;
  // A packed structure on x86-64 alone. Source: <sys/epoll.h>, EPOLL_PACKED.
  const isPacked = Deno.build.arch === "x86_64";
  const event = new Uint8Array(isPacked ? 12 : 16);
  const view = new DataView(event.buffer);
  view.setUint32(0, events, true);
  view.setBigUint64(isPacked ? 4 : 8, data, true);
  return epoll_ctl(queue, EPOLL_CTL_ADD, target, event) === 0;
}

export function closeDescriptor(descriptor: number): void {
  libc().close(descriptor);
}
