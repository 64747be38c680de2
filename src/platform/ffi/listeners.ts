/**
 * What the runtime cannot do with its listeners itself: give them another socket, share a port
 * and say which connections they get (Linux).
 *
 * Constants: `<asm-generic/socket.h>`, `<bits/socket_type.h>`, `<asm-generic/fcntl.h>`,
 * `<netinet/tcp.h>`, `<linux/bpf_common.h>`, `<sys/epoll.h>`.
 */
import { openDescriptors } from "./libc.ts";

const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const BPF_RET_K = 0x06;
const IPPROTO_TCP = 6;
const TCP_DEFER_ACCEPT = 9;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_SETFL = 4;
const EPOLL_CTL_ADD = 1;
const ON = new Uint8Array(new Uint32Array([1]).buffer);

type Libc = ReturnType<typeof open>;

function open() {
  return Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  }).symbols;
}

let loaded: Libc | undefined;
const libc = (): Libc => loaded ??= open();

/** Where a descriptor is registered for events. */
interface Registration {
  /** The descriptor of the event queue. */
  readonly queue: number;
  readonly events: number;
  readonly data: bigint;
}

/**
 * Makes the descriptor of a listener of the runtime's another name of a socket that listens, with
 * the same registration in the runtime's event queue.
 *
 * @param socket The descriptor of the socket; it stays open.
 * @param listener The listener's descriptor.
 * @returns whether all of it was done.
 */
export function adoptSocket(socket: number, listener: number): boolean {
  const registration = registrationOf(listener);
  if (!registration) return false;
  const { queue, events, data } = registration;
  const { fcntl, dup3, epoll_ctl } = libc();
  if (fcntl(socket, F_SETFL, fcntl(socket, F_GETFL, 0) | O_NONBLOCK) < 0) return false;
  if (dup3(socket, listener, O_CLOEXEC) < 0) return false;
  // A packed structure on x86-64 alone. Source: <sys/epoll.h>, EPOLL_PACKED.
  const isPacked = Deno.build.arch === "x86_64";
  const event = new Uint8Array(isPacked ? 12 : 16);
  const view = new DataView(event.buffer);
  view.setUint32(0, events, true);
  view.setBigUint64(isPacked ? 4 : 8, data, true);
  return epoll_ctl(queue, EPOLL_CTL_ADD, listener, event) === 0;
}

/** Source: proc(5), "/proc/pid/fdinfo", epoll. */
function registrationOf(descriptor: number): Registration | undefined {
  for (const queue of openDescriptors()) {
    let info: string;
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${queue}`) !== "anon_inode:[eventpoll]") continue;
      info = Deno.readTextFileSync(`/proc/self/fdinfo/${queue}`);
    } catch {
      continue; // It was closed meanwhile.
    }
    const pattern = /^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)/gm;
    for (const [, target, events, data] of info.matchAll(pattern)) {
      if (Number(target) !== descriptor) continue;
      return { queue, events: parseInt(events!, 16), data: BigInt(`0x${data}`) };
    }
  }
  return undefined;
}

/**
 * Makes a listener of the runtime's listen on a port that other listeners of this user may share;
 * the kernel spreads the connections over them.
 *
 * The runtime's own option for this, `reusePort`, needs the flag `--unstable-net`. With that flag
 * every start of the program would load QUIC and WebTransport, which takes 3 ms or more.
 *
 * Source: socket(7), SO_REUSEPORT.
 *
 * @param listener The descriptor of a TCP listener on the same address and on any port.
 * @param backlog How many connections may wait to be accepted.
 * @returns whether it listens there; if not, the port is in use.
 */
export function sharePort(listener: number, port: number, backlog: number): boolean {
  const { getsockname, socket, setsockopt, bind, listen, close } = libc();
  const address = new Uint8Array(128);
  const length = new Uint32Array([address.length]);
  if (getsockname(listener, address, new Uint8Array(length.buffer)) !== 0) return false;
  const view = new DataView(address.buffer);
  view.setUint16(2, port);
  const shared = socket(view.getUint16(0, true), SOCK_STREAM_CLOEXEC, 0);
  if (shared < 0) return false;
  try {
    return [SO_REUSEADDR, SO_REUSEPORT].every((option) =>
      setsockopt(shared, SOL_SOCKET, option, ON, ON.length) === 0
    ) &&
      bind(shared, address, length[0]!) === 0 &&
      listen(shared, backlog) === 0 &&
      adoptSocket(shared, listener);
  } finally {
    close(shared);
  }
}

/**
 * Has a listener give out a connection only once its client has sent something, or after a
 * second. Linux; elsewhere nothing changes.
 *
 * Source: tcp(7), TCP_DEFER_ACCEPT.
 */
export function deferAccept(listenerDescriptor: number): void {
  if (Deno.build.os !== "linux") return;
  libc().setsockopt(listenerDescriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, ON, ON.length);
}

/**
 * Makes the kernel give every new connection of a port that several listeners share
 * to the `index`th of them, in the order in which they were bound (Linux only).
 * Source: socket(7), SO_ATTACH_REUSEPORT_CBPF; bpf(4) for the one instruction "return index".
 *
 * @returns whether the kernel took it.
 */
export function steerNewConnections(listenerDescriptor: number, index: number): boolean {
  if (Deno.build.os !== "linux") return false;
  const instruction = new Uint8Array(8);
  const view = new DataView(instruction.buffer);
  view.setUint16(0, BPF_RET_K, true);
  view.setUint32(4, index, true);
  const program = new Uint8Array(16);
  new DataView(program.buffer).setUint16(0, 1, true);
  const pointer = Deno.UnsafePointer.value(Deno.UnsafePointer.of(instruction));
  new DataView(program.buffer).setBigUint64(8, BigInt(pointer), true);
  return libc().setsockopt(
    listenerDescriptor,
    SOL_SOCKET,
    SO_ATTACH_REUSEPORT_CBPF,
    program,
    program.length,
  ) === 0;
}
