import { type SocketConn, writeAll } from "../../platform/mod.ts";
import type { WaitingBudget, WaitingShare } from "./waiting_budget.ts";

/** Smaller amounts are not counted in the budget, because every connection takes as much anyway. */
const COUNTED_BYTES = 4096;

/** A connection that keeps its share of a {@link WaitingBudget} up to date. */
export class CountedConn {
  readonly #conn: SocketConn;
  /** The share of this connection; undefined without a budget. */
  readonly waiting: WaitingShare | undefined;
  /** Number of received bytes of a body, while one arrives. */
  #bodyReceived: number | undefined;

  /** @param end Ends the connection. */
  constructor(conn: SocketConn, budget: WaitingBudget | undefined, end: () => void) {
    this.#conn = conn;
    this.waiting = budget?.join(end);
  }

  read(into: Uint8Array): Promise<number | null> {
    const reading = this.#conn.read(into);
    if (this.#bodyReceived === undefined) return reading;
    return reading.then((count) => {
      this.#bodyReceived! += count ?? 0;
      if (this.#bodyReceived! >= COUNTED_BYTES) this.waiting?.set(this.#bodyReceived!);
      return count;
    });
  }

  /** Counts the bytes that arrive while `receive` runs; they count until the answer is written. */
  async counting<T>(receive: () => Promise<T>): Promise<T> {
    this.#bodyReceived = 0;
    try {
      return await receive();
    } finally {
      this.#bodyReceived = undefined;
    }
  }

  /** @param waiting Number of bytes that stay in memory until this is written. */
  async write(bytes: Uint8Array, waiting: number): Promise<void> {
    const isCounted = waiting >= COUNTED_BYTES || (this.waiting?.bytes ?? 0) > 0;
    if (isCounted) this.waiting?.set(waiting);
    const written = await this.#conn.write(bytes);
    if (written < bytes.length) await writeAll(this.#conn, bytes.subarray(written));
    if (isCounted) this.waiting?.set(0);
  }

  /** For a connection that left HTTP: its new user counts. */
  writeUncounted(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }
}
