import { Duplex } from "node:stream";
import { giveBuffer, nextLevel, takeBuffer } from "../data/buffers.ts";
import { writeAll } from "../../platform/mod.ts";

/**
 * The encrypted end of a TLS connection as node:tls wants it: a stream whose bytes come
 * from a TCP connection, read only when `pull` is called.
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
   * Reads from the connection once and gives node:tls what came.
   *
   * @returns false at the connection's end.
   * @throws what the read met.
   */
  async pull(): Promise<boolean> {
    const level = this.#level;
    const buffer = takeBuffer(level);
    const count = await this.#conn.read(buffer);
    if (count !== null) {
      this.push(buffer.subarray(0, count));
      this.#level = nextLevel(level, count);
    }
    // Mostly node:tls has taken the bytes by now; else the buffer is still in use.
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

  /** Waits until all that node:tls has to write by now is written, or cannot be any more. */
  async flush(): Promise<void> {
    do {
      await this.#written;
      await nextTurn();
    } while (!this.destroyed && this.writableLength > 0);
  }

  /**
   * Says that the client may come in. Until then node:tls may end the wire, and nothing is
   * written afterwards: a session ticket would let a client in that was turned away.
   */
  keep(): void {
    this.#kept = true;
  }

  override destroy(error?: Error): this {
    // node:tls destroys its stream once both directions have ended, before it has written
    // its own close_notify.
    if (this.#kept && error === undefined) return this;
    return super.destroy(error);
  }

  /** Ends the wire; the connection is closed by its owner. */
  release(): void {
    this.#kept = false;
    this.destroy();
  }
}

/** Waits until all has run that is due now, node:tls included. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
