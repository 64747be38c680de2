import { Reader } from "./reader.ts";
import type { Side } from "./side.ts";

/** How a relayed connection ended. */
export type Ending = "clean" | "aborted";

/** The bytes carried so far, and the state of both directions. */
export interface CarryState {
  bytesUp: number;
  bytesDown: number;
  /** Whether bytes of the client wait for the target; the client is not read meanwhile. */
  uploading: boolean;
  /** Whether the target has ended its direction. */
  answered: boolean;
  /** Called once one side has closed and only the other's end is missing. */
  onLinger(): void;
  /** Called with the side that failed and the error; the first failure causes the others. */
  onFailure(side: Side, error: unknown): void;
  /** Called once both directions have ended. */
  onCarried(ending: Ending): void;
}

/**
 * Joins two connections and carries bytes both ways, unchanged, until both directions have ended.
 *
 * - The end of one side ends only that direction (half-close).
 * - A side that does not read stops reads from the other: each direction holds one buffer at most.
 * - An abort (a reset, or TLS without close_notify) aborts the other side at once.
 * - All bytes that a Unix side sent before it closed are delivered.
 *
 * The end is reported by `onCarried`, because a function that waits for a promise would take memory
 * for every idle connection.
 */
export function carry(client: Side, upstream: Side, state: CarryState): void {
  const pair = new Pair(client, upstream, state);
  direction(client, upstream, state, "bytesUp", pair);
  direction(upstream, client, state, "bytesDown", pair);
}

type Counter = "bytesUp" | "bytesDown";

/** The two joined sides, until both directions have ended. */
class Pair {
  readonly #client: Side;
  readonly #upstream: Side;
  readonly #state: CarryState;
  #open = 2;
  #aborted = false;
  /** The side that has closed both directions, where that is known. */
  gone: Side | undefined;

  constructor(client: Side, upstream: Side, state: CarryState) {
    this.#client = client;
    this.#upstream = upstream;
    this.#state = state;
  }

  /** Called once for each direction, at its end. */
  endDirection(): void {
    if (--this.#open > 0) return;
    if (!this.#aborted) {
      this.#client.close();
      this.#upstream.close();
    }
    this.#state.onCarried(this.#aborted ? "aborted" : "clean");
  }

  /** Ends both directions, because the one towards `listener` has failed. */
  fail(listener: Side): void {
    // The peer that would have got the end has left before.
    if (this.#aborted || this.gone === listener) return;
    this.#aborted = true;
    this.#client.abort();
    this.#upstream.abort();
  }
}

/** Carries one direction and its end; never rejects. */
async function direction(
  from: Side,
  to: Side,
  state: CarryState,
  counter: Counter,
  pair: Pair,
): Promise<void> {
  const source = new Reader(from);
  const sink = to.stream;
  let reading = true;
  try {
    for (let count; (count = await source.read()) !== null; reading = true) {
      reading = false;
      let bytes = source.take(count);
      if (source.hasMore(bytes)) bytes = await source.gather(bytes);
      state[counter] += bytes.length;
      let isTaken = true;
      if (counter === "bytesUp") state.uploading = true;
      try {
        let at = to.writeNow?.(bytes) ?? 0;
        while (at < bytes.length) at += await sink.write(bytes.subarray(at));
      } catch (error) {
        if (!to.outlivesWrites) throw error;
        isTaken = false;
      } finally {
        if (counter === "bytesUp") state.uploading = false;
      }
      if (!isTaken) return await discard(source, state);
    }
    reading = false;
    if (counter === "bytesDown") state.answered = true;
    await passEnd(from, to, state, pair);
  } catch (error) {
    if (reading) from.failed(error);
    state.onFailure(reading ? from : to, error);
    pair.fail(to);
  } finally {
    source.release();
    pair.endDirection();
  }
}

/** Ends the direction to `to` after the last byte of `from`. */
async function passEnd(from: Side, to: Side, state: CarryState, pair: Pair): Promise<void> {
  if (from.hungUp()) {
    pair.gone = from;
    state.onLinger();
  }
  if (pair.gone === to) return;
  try {
    await to.stream.closeWrite();
  } catch (error) {
    // Its peer has closed already; its earlier bytes are still being carried.
    if (!to.outlivesWrites) throw error;
  }
}

/** Reads and discards after the peer stopped reading, so that its last bytes are not lost in a reset. */
async function discard(source: Reader, state: CarryState): Promise<void> {
  state.onLinger();
  for (let count; (count = await source.read()) !== null;) source.take(count);
}
