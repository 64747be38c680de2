const AF_UNIX = 1;

/**
 * Returns the number of descriptors that are Unix sockets with either end bound in `directory`. The
 * number of all descriptors would be unreliable, because tests of other files run in the same
 * process.
 */
export function socketsIn(directory: string): number {
  const libc = Deno.dlopen(Deno.build.os === "linux" ? "libc.so.6" : "libSystem.B.dylib", {
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  });
  const { getsockname, getpeername } = libc.symbols;
  const address = new Uint8Array(128);
  const isIn = (ask: typeof getsockname, descriptor: number) => {
    const length = new Uint32Array([address.length]);
    if (ask(descriptor, address, new Uint8Array(length.buffer)) !== 0) return false;
    if (address[Deno.build.os === "linux" ? 0 : 1] !== AF_UNIX) return false;
    const name = new TextDecoder().decode(address.subarray(2, length[0]));
    return name.startsWith(`${directory}/`);
  };
  try {
    const numbers = Array.from(Deno.readDirSync("/dev/fd"), ({ name }) => Number(name));
    return numbers.filter((number) => isIn(getsockname, number) || isIn(getpeername, number))
      .length;
  } finally {
    libc.close();
  }
}
