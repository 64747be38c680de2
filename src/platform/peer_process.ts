/**
 * Which process is at the other end of a Unix connection, as the kernel knows it. Like
 * `libc.ts`, this is loaded by the commands that need it only.
 */
import { isUnixConnection, openDescriptors } from "./libc.ts";

const linux = Deno.build.os === "linux";
/** Linux `<asm-generic/socket.h>`; macOS `<sys/un.h>`. */
const [SOL, PEER] = linux ? [1, 17] : [0, 0x002];

/**
 * The process that listens on the Unix socket at `path`; an answer that names a pid could
 * come from another container, where that number is another process's.
 *
 * Source: unix(7), SO_PEERCRED: "the credentials of the process which called listen(2)", its
 * pid in the caller's own numbers; macOS `<sys/un.h>`, LOCAL_PEERPID.
 *
 * @returns its pid; undefined when the kernel does not tell (it runs in another container).
 * @throws what `connect` throws: the errors of `Deno.connect`.
 */
export async function listenerPid(path: string): Promise<number | undefined> {
  const before = new Set(unixConnections());
  const conn = await Deno.connect({ transport: "unix", path });
  try {
    for (const descriptor of unixConnections()) {
      if (before.has(descriptor)) continue;
      const pid = peerPid(descriptor);
      // Not ourselves: signals come through a connection of our own.
      if (pid !== undefined && pid !== Deno.pid) return pid;
    }
    return undefined;
  } finally {
    conn.close();
  }
}

function unixConnections(): number[] {
  return [...openDescriptors()].filter(isUnixConnection);
}

function peerPid(descriptor: number): number | undefined {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([linux ? 12 : 4]);
  const failed = getsockopt()(
    descriptor,
    SOL,
    PEER,
    new Uint8Array(credentials.buffer),
    new Uint8Array(length.buffer),
  );
  const pid = credentials[0]!;
  return failed === 0 && pid > 0 ? pid : undefined;
}

let loaded: ReturnType<typeof open> | undefined;
const getsockopt = () => loaded ??= open();

function open() {
  return Deno.dlopen(linux ? "libc.so.6" : "libSystem.B.dylib", {
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  }).symbols.getsockopt;
}
