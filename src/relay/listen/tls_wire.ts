import { Duplex } from "node:stream";
import { giveBuffer, nextLevel, takeBuffer } from "../data/buffers.ts";
import { writeAll } from "../../platform/mod.ts";

/**
 * The encrypted end of a TLS connection in the form that node:tls needs: a stream that reads from a
 * TCP connection only when `pull` is called.
 */
export class TlsWire extends Duplex {
  readonly #conn: Deno.TcpConn;
  #level = 0;
  /** The last write to the connection; it never rejects. */
  #written: Promise<void> = Promise.resolve();
  #kept = false;

  constructor(conn: Deno.TcpConn) {
    super({ read: () => {} });
    this.#conn = conn;
    this.on("error", () => {});
  }

  /**
   * Reads from the connection once and passes the bytes to node:tls.
   *
   * @returns false at the connection's end.
   * @throws the error of the read.
   */
  async pull(): Promise<boolean> {
    const level = this.#level;
    const buffer = takeBuffer(level);
    const count = await this.#conn.read(buffer);
    if (count !== null) {
      this.push(buffer.subarray(0, count));
      this.#level = nextLevel(level, count);
    }
    // Usually node:tls has taken the bytes by now; otherwise the buffer is still in use.
    if (this.readableLength === 0) giveBuffer(level, buffer);
    return count !== null;
  }

  override _write(
    bytes: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#written = writeAll(this.#conn, bytes).then(() => done(), done);
  }

  /** Waits until the pending bytes of node:tls are written, or can no longer be written. */
  async flush(): Promise<void> {
    do {
      await this.#written;
      await nextTurn();
    } while (!this.destroyed && this.writableLength > 0);
  }

  /**
   * Accepts the client. Until then node:tls may end the wire, and no byte is written afterwards,
   * because a session ticket would let a refused client return.
   */
  keep(): void {
    this.#kept = true;
  }

  override destroy(error?: Error): this {
    // node:tls destroys its stream once both directions have ended, before it has written its own
    // close_notify.
    if (this.#kept && error === undefined) return this;
    return super.destroy(error);
  }

  /** Ends the wire; the owner of the connection closes it. */
  release(): void {
    this.#kept = false;
    this.destroy();
  }
}

/** Waits until all pending callbacks have run, including those of node:tls. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
