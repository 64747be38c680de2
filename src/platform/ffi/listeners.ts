/**
 * Operations on the runtime's listeners that the runtime does not offer: replacing their socket,
 * sharing a port, and choosing which connections they get (Linux).
 *
 * Constants: `<asm-generic/socket.h>`, `<bits/socket_type.h>`, `<asm-generic/fcntl.h>`,
 * `<netinet/tcp.h>`, `<linux/bpf_common.h>`, `<linux/filter.h>`, `<sys/epoll.h>`.
 */
import { openDescriptors } from "./libc.ts";

const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const BPF_LD_BYTE = 0x30;
const BPF_LD_WORD = 0x20;
const BPF_AND_K = 0x54;
const BPF_XOR_X = 0xac;
const BPF_MUL_K = 0x24;
const BPF_RSH_K = 0x74;
const BPF_MOD_K = 0x94;
const BPF_TAX = 0x07;
const BPF_JA = 0x05;
const BPF_JEQ_K = 0x15;
const BPF_RET_K = 0x06;
const BPF_RET_A = 0x16;
/** Offset of the IP header in a BPF program. */
const SKF_NET_OFF = -0x100000;
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

/** The event queue registration of a descriptor. */
interface Registration {
  /** The descriptor of the event queue. */
  readonly queue: number;
  readonly events: number;
  readonly data: bigint;
}

/**
 * Makes the descriptor of one of the runtime's listeners refer to another listening socket, with
 * the same registration in the runtime's event queue.
 *
 * @param socket The descriptor of the socket; it stays open.
 * @param listener The listener's descriptor.
 * @returns whether everything succeeded.
 */
export function adoptSocket(socket: number, listener: number): boolean {
  const registration = registrationOf(listener);
  if (!registration) return false;
  const { queue, events, data } = registration;
  const { fcntl, dup3, epoll_ctl } = libc();
  if (fcntl(socket, F_SETFL, fcntl(socket, F_GETFL, 0) | O_NONBLOCK) < 0) return false;
  if (dup3(socket, listener, O_CLOEXEC) < 0) return false;
  // The structure is only packed on x86-64. Source: <sys/epoll.h>, EPOLL_PACKED.
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
      continue; // Closed in the meantime.
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
 * Makes one of the runtime's listeners listen on a port that other listeners of this user may
 * share; the kernel distributes the connections among them.
 *
 * The runtime's own option for this, `reusePort`, needs the flag `--unstable-net`. With that flag,
 * every start of the program would load QUIC and WebTransport, which takes 3 ms or more.
 *
 * Source: socket(7), SO_REUSEPORT.
 *
 * @param listener The descriptor of a TCP listener on the same address and on any port.
 * @param backlog Maximum number of connections that wait to be accepted.
 * @returns whether it listens there; otherwise, the port is in use.
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
 * Makes a listener accept a connection only once its client has sent data, or after a second. Has
 * no effect outside Linux.
 *
 * Source: tcp(7), TCP_DEFER_ACCEPT.
 */
export function deferAccept(listenerDescriptor: number): void {
  if (Deno.build.os !== "linux") return;
  libc().setsockopt(listenerDescriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, ON, ON.length);
}

/**
 * Makes the kernel give every new connection of a port that several listeners share to the listener
 * number `index`, in the order in which they were bound (Linux only).
 *
 * @returns whether the kernel accepted it.
 */
export function steerNewConnections(listenerDescriptor: number, index: number): boolean {
  return chooseListener(listenerDescriptor, [[BPF_RET_K, 0, 0, index]]);
}

/**
 * Makes the kernel give all connections of one client address to the same listener of a port that
 * `count` listeners share, as long as they stay the same (Linux only). If fewer are left, those that
 * the program chooses in vain are distributed by the kernel.
 *
 * @returns whether the kernel accepted it.
 */
export function steerByClient(listenerDescriptor: number, count: number): boolean {
  const ip = (offset: number) => SKF_NET_OFF + offset;
  return chooseListener(listenerDescriptor, [
    // The version of IP is in the first four bits.
    [BPF_LD_BYTE, 0, 0, ip(0)],
    [BPF_AND_K, 0, 0, 0xf0],
    [BPF_JEQ_K, 2, 0, 0x60],
    [BPF_LD_WORD, 0, 0, ip(12)],
    [BPF_JA, 0, 0, 10],
    // The four words of an IPv6 source address, combined.
    [BPF_LD_WORD, 0, 0, ip(8)],
    ...[12, 16, 20].flatMap((offset) =>
      [
        [BPF_TAX, 0, 0, 0],
        [BPF_LD_WORD, 0, 0, ip(offset)],
        [BPF_XOR_X, 0, 0, 0],
      ] as const
    ),
    // Neighbouring addresses differ in the last bits, so these decide on the first ones.
    [BPF_MUL_K, 0, 0, 0x9e3779b1],
    [BPF_RSH_K, 0, 0, 16],
    [BPF_MOD_K, 0, 0, count],
    [BPF_RET_A, 0, 0, 0],
  ]);
}

/** An instruction of classic BPF: code, jump if true, jump if false, operand. */
type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

/**
 * Attaches a program that returns the number of the listener for a new connection.
 * Source: socket(7), SO_ATTACH_REUSEPORT_CBPF; <linux/filter.h>.
 */
function chooseListener(listenerDescriptor: number, program: readonly Instruction[]): boolean {
  if (Deno.build.os !== "linux") return false;
  const code = new Uint8Array(8 * program.length);
  const view = new DataView(code.buffer);
  for (const [index, [operation, jumpTrue, jumpFalse, operand]] of program.entries()) {
    view.setUint16(8 * index, operation, true);
    view.setUint8(8 * index + 2, jumpTrue);
    view.setUint8(8 * index + 3, jumpFalse);
    view.setUint32(8 * index + 4, operand, true);
  }
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint16(0, program.length, true);
  const pointer = Deno.UnsafePointer.value(Deno.UnsafePointer.of(code));
  new DataView(header.buffer).setBigUint64(8, BigInt(pointer), true);
  return libc().setsockopt(
    listenerDescriptor,
    SOL_SOCKET,
    SO_ATTACH_REUSEPORT_CBPF,
    header,
    header.length,
  ) === 0;
}
