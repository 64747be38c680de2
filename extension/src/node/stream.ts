import { connect, type Socket } from "node:net";
import type { ByteStream } from "../../../src/ipc/mod.ts";

/** A socket as a stream of bytes. */
export function toByteStream(socket: Socket): ByteStream {
  let rest: Uint8Array | undefined;
  let over = false;
  let failure: Error | undefined;
  let wake = () => {};
  socket.on("readable", () => wake());
  socket.on("end", () => (over = true, wake()));
  socket.on("close", () => (over = true, wake()));
  socket.on("error", (error) => (failure = error, wake()));
  const next = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      const chunk = rest ?? socket.read() as Uint8Array | null;
      if (chunk) return chunk;
      if (failure) throw failure;
      if (over) return undefined;
      await new Promise<void>((resolve) => wake = resolve);
    }
  };
  return {
    async read(into) {
      const chunk = await next();
      if (chunk === undefined) return null;
      const count = Math.min(chunk.length, into.length);
      into.set(chunk.subarray(0, count));
      rest = count < chunk.length ? chunk.subarray(count) : undefined;
      return count;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve());
      }),
    close: () => void socket.destroy(),
  };
}

/**
 * Connects to a Unix socket.
 *
 * @param timeoutMs Time limit in milliseconds.
 * @throws Node's error, or one about the time limit.
 */
export function openStream(path: string, timeoutMs: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(
      () => socket.destroy(new Error(`${path}: no connection within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.once("error", (error) => (clearTimeout(timer), reject(error)));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(toByteStream(socket));
    });
  });
}
