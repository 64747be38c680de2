import { Reader } from "./reader.ts";
import type { Side } from "./side.ts";

/** How a relayed connection ended. */
export type Ending = "clean" | "aborted";

/** Bytes carried so far, and when the connection must have ended. */
export interface CarryState {
  bytesUp: number;
  bytesDown: number;
  /** Whether bytes of the client wait for the target to take them: then the client is not read. */
  uploading: boolean;
  /** Whether the target has ended its direction. */
  answered: boolean;
  /** Told once one side is gone and only the other's end is waited for. */
  onLinger(): void;
  /** Told which side failed, and how; of several failures the first is the cause of the others. */
  onFailure(side: Side, error: unknown): void;
}

/**
 * Joins two connections and carries bytes both ways, untouched, until both directions
 * have ended.
 *
 * - One side's end is passed on as an end of that direction alone (half-close).
 * - A side that does not read stops the other from being read: nothing is queued
 *   here but one buffer for each direction.
 * - An abort (a reset, or TLS without close_notify) aborts the other side at once.
 * - A Unix side that has closed still gets everything it sent delivered.
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
    // Whoever would have been told is gone, and has been since before it happened.
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

/** Which side has closed both directions, where that could be told. */
interface Leavers {
  gone: Side | undefined;
}

/** Carries one direction to its end and passes the end on; throws what ends both directions. */
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
        let at = await sink.write(bytes);
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
    // Closed by its peer already; what it sent before is still being carried.
    if (to.outlivesWrites) return;
    state.onFailure(to, error);
    throw error;
  }
}

/** The peer reads no more: takes what still comes, so that its last words arrive here unharmed. */
async function discard(source: Reader, state: CarryState): Promise<void> {
  state.onLinger();
  for (let count; (count = await source.read()) !== null;) source.take(count);
}
