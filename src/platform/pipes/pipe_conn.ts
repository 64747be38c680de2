import type { Socket } from "node:net";
import { ReceivedBytes } from "../received_bytes.ts";
import type { SocketConn } from "../stream_socket.ts";

/** Maximum number of received, unread bytes; beyond it, reading from the peer pauses. */
const PAUSE_BYTES = 256 * 1024;

/** A connection to a pipe, with the methods of the runtime's connections. */
export class PipeConn implements SocketConn {
  readonly #socket: Socket;
  readonly #received: ReceivedBytes;
  #error: Error | undefined;
  /** Fails the writes in progress, because `node:net` does not do so for a blocked one. */
  readonly #writes = new Set<(error: Error) => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#received = new ReceivedBytes({
      pauseAboveBytes: PAUSE_BYTES,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    });
    socket.on("data", (bytes: Uint8Array) => this.#received.push(bytes));
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#closed());
  }

  #end(error?: Error): void {
    this.#error ??= error;
    this.#received.end();
  }

  #closed(): void {
    this.#end();
    for (const fail of this.#writes) fail(this.#error ?? closed());
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#received.read(into);
  }

  /** Resolves when the system has accepted all bytes. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#socket.destroyed) return Promise.reject(this.#error ?? closed());
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#writes.add(reject);
    // A copy: the caller may reuse its buffer as soon as this resolves, and `node:net` uses it
    // later.
    this.#socket.write(bytes.slice(), (error) => {
      this.#writes.delete(reject);
      if (error) reject(error);
      else resolve(bytes.length);
    });
    return promise;
  }

  /** Pipes cannot close one direction of a connection. */
  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends the connection immediately. The socket's `end` would leave both sides open. */
  close(): void {
    this.#received.discard();
    this.#closed();
    this.#socket.destroy();
  }
}

function closed(): Error {
  return new Deno.errors.BadResource("the pipe is closed");
}
