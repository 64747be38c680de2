import type { Socket } from "node:net";
import type { ByteStream } from "./side.ts";

/** A node:net or node:tls socket as a byte stream that is read only when somebody asks. */
export class NodeStream implements ByteStream {
  #socket: Socket;
  #rest: Uint8Array | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #adopted = false;

  readonly #isGone: () => boolean;

  /**
   * @param raw What is closed if the handshake never completes.
   * @param isGone Whether the connection was reset: node:tls ends a reset like a clean end.
   */
  constructor(raw: Socket, isGone: () => boolean) {
    this.#socket = raw;
    this.#isGone = isGone;
    raw.on("error", () => {});
  }

  /** From now on bytes come from and go to the TLS socket on top of the raw one. */
  adopt(socket: Socket): void {
    this.#socket = socket;
    this.#adopted = true;
    socket.on("readable", () => this.#wake?.());
    socket.on("end", () => {
      if (this.#isGone()) this.#fail(new Deno.errors.ConnectionReset("the connection was reset"));
      else this.#ended = true;
      this.#wake?.();
    });
    socket.on("error", (error: Error) => this.#fail(error));
    socket.on("close", () => {
      if (!this.#ended) this.#fail(new Deno.errors.ConnectionReset("the connection was reset"));
    });
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk = this.#rest ?? this.#socket.read() as Uint8Array | null;
      if (chunk !== null && chunk.length > 0) {
        const count = Math.min(into.length, chunk.length);
        into.set(chunk.subarray(0, count));
        this.#rest = count < chunk.length ? chunk.subarray(count) : undefined;
        return count;
      }
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      const stop = (error?: Error | null) => error ? reject(error) : resolve(bytes.length);
      // The caller's buffer is used again only after this: no copy is needed.
      this.#socket.write(bytes, stop);
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      this.#socket.end(() => resolve());
    });
  }

  close(): void {
    if (this.#adopted && !this.#ended && !this.#error) {
      this.#fail(new Deno.errors.Interrupted("the connection was closed"));
    }
    this.#socket.destroy();
  }
}
