import { boundPathOf } from "../../src/platform/ffi/libc.ts";

/**
 * Listens on a socket whose queue is full: a further connect gets EAGAIN, as from a server that is
 * too busy to accept. Linux only.
 *
 * @returns a function that closes it and all connections in its queue.
 */
export async function listenFull(path: string): Promise<() => void> {
  const bound = `${path}~`;
  const listener = Deno.listen({ transport: "unix", path: bound });
  const libc = Deno.dlopen("libc.so.6", {
    listen: { parameters: ["i32", "i32"], result: "i32" },
  });
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    if (boundPathOf(Number(name)) === bound) libc.symbols.listen(Number(name), 0);
  }
  libc.close();
  const waiting: Deno.Conn[] = [];
  try {
    for (;;) waiting.push(await Deno.connect({ transport: "unix", path: bound }));
  } catch (error) {
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
  }
  Deno.renameSync(bound, path);
  return () => {
    for (const conn of waiting) conn.close();
    listener.close();
  };
}
