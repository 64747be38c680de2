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
}

/**
 * Joins two connections and carries bytes both ways, unchanged, until both directions have ended.
 *
 * - The end of one side ends only that direction (half-close).
 * - A side that does not read stops reads from the other: each direction holds one buffer at most.
 * - An abort (a reset, or TLS without close_notify) aborts the other side at once.
 * - All bytes that a Unix side sent before it closed are delivered.
 */
export async function carry(client: Side, upstream: Side, state: CarryState): Promise<Ending> {
  let aborted = false;
  const abort = () => {
    if (aborted) return;
    aborted = true;
    client.abort();
    upstream.abort();
  };
  const leavers: Leavers = { gone: undefined };
  const unless = (listener: Side) => () => {
    // The peer that would have got the end has left before.
    if (leavers.gone !== listener) abort();
  };
  const up = direction(client, upstream, state, "bytesUp", leavers).catch(unless(upstream));
  const down = direction(upstream, client, state, "bytesDown", leavers).catch(unless(client));
  await up;
  await down;
  if (aborted) return "aborted";
  client.close();
  upstream.close();
  return "clean";
}

type Counter = "bytesUp" | "bytesDown";

/** The side that has closed both directions, where that is known. */
interface Leavers {
  gone: Side | undefined;
}

/** Carries one direction and its end; throws the error that ends both directions. */
async function direction(
  from: Side,
  to: Side,
  state: CarryState,
  counter: Counter,
  leavers: Leavers,
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
  } catch (error) {
    if (reading) from.failed(error);
    state.onFailure(reading ? from : to, error);
    throw error;
  } finally {
    source.release();
  }
  if (counter === "bytesDown") state.answered = true;
  if (from.hungUp()) {
    leavers.gone = from;
    state.onLinger();
  }
  try {
    await sink.closeWrite();
  } catch (error) {
    // Its peer has closed already; its earlier bytes are still being carried.
    if (to.outlivesWrites) return;
    state.onFailure(to, error);
    throw error;
  }
}

/** Reads and discards after the peer stopped reading, so that its last bytes are not lost in a reset. */
async function discard(source: Reader, state: CarryState): Promise<void> {
  state.onLinger();
  for (let count; (count = await source.read()) !== null;) source.take(count);
}
