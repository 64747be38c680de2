/**
 * Finds the process at the other end of a Unix connection, as the kernel knows it. Like `libc.ts`,
 * this is only loaded by the commands that need it.
 */
import { maxSocketPathBytes, usesPipes } from "../mod.ts";

const linux = Deno.build.os === "linux";
const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** Linux `<bits/socket_type.h>`: a listener with a full queue must not block us. */
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
/** Linux `<asm-generic/socket.h>`; macOS `<sys/un.h>`. */
const [SOL, PEER] = linux ? [1, 17] : [0, 0x002];
/** Interval of retries for a listener that answers the runtime, but not us. */
const ATTEMPTS = 3;

/**
 * Finds the process that listens on the Unix socket at `path`. A pid named in an answer would not
 * be reliable: in another container, the number may belong to another process.
 *
 * The connection is made by our own system calls, because the runtime does not reveal its
 * connections' descriptors, and a similar descriptor may have been opened by others simultaneously.
 *
 * Source: unix(7), SO_PEERCRED: "the credentials of the process which called listen(2)", its
 * pid in the caller's own numbers; macOS `<sys/un.h>`, LOCAL_PEERPID.
 *
 * @returns its pid; undefined if the kernel does not report it (it runs in another container, or
 * the socket is a Windows pipe).
 * @throws the errors of `Deno.connect`.
 */
export async function listenerPid(path: string): Promise<number | undefined> {
  if (usesPipes()) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = askKernel(path);
    if (found !== "not connected") return found;
    // Fails with the runtime's own error, or succeeds if the process listens by now.
    (await Deno.connect({ transport: "unix", path })).close();
  }
  return undefined;
}

function askKernel(path: string): number | undefined | "not connected" {
  const address = unixAddress(path);
  if (address === undefined) return "not connected";
  const libc = loaded ??= open();
  const descriptor = libc.socket(AF_UNIX, SOCK_STREAM | (linux ? SOCK_NONBLOCK_CLOEXEC : 0), 0);
  if (descriptor < 0) return "not connected";
  try {
    if (libc.connect(descriptor, address, address.length) !== 0) return "not connected";
    return peerPid(libc, descriptor);
  } finally {
    libc.close(descriptor);
  }
}

/** The `sockaddr_un` of `path`; undefined for a path that no socket can have. */
function unixAddress(path: string): Uint8Array<ArrayBuffer> | undefined {
  const name = new TextEncoder().encode(path);
  if (name.length === 0 || name.length > maxSocketPathBytes() || name.includes(0)) return undefined;
  const address = new Uint8Array(2 + name.length + 1);
  if (linux) new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  else address.set([address.length, AF_UNIX]);
  address.set(name, 2);
  return address;
}

function peerPid(libc: Libc, descriptor: number): number | undefined {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([linux ? 12 : 4]);
  const failed = libc.getsockopt(
    descriptor,
    SOL,
    PEER,
    new Uint8Array(credentials.buffer),
    new Uint8Array(length.buffer),
  );
  const pid = credentials[0]!;
  return failed === 0 && pid > 0 ? pid : undefined;
}

type Libc = ReturnType<typeof open>;
let loaded: Libc | undefined;

function open() {
  return Deno.dlopen(linux ? "libc.so.6" : "libSystem.B.dylib", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  }).symbols;
}
