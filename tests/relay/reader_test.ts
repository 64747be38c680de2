import { assert, assertEquals, assertRejects } from "@std/assert";
import { BUFFER_BYTES, takeBuffer } from "../../src/relay/data/buffers.ts";
import { Reader } from "../../src/relay/data/reader.ts";
import type { Side } from "../../src/relay/data/side.ts";

const RECORD = 16 * 1024;
const LARGEST = BUFFER_BYTES.at(-1)!;

/** A TLS side that returns records: `ready` of them immediately, then one for each `feed`. */
function recordSide(ready: number): { side: Side; feed(event: number | null | Error): void } {
  const waiting: PromiseWithResolvers<number | null | Error>[] = [];
  const fed: (number | null | Error)[] = Array.from({ length: ready }, () => RECORD);
  let record = 0;
  const stream: Side["stream"] = {
    async read(into) {
      let event = fed.shift();
      if (event === undefined) {
        const later = Promise.withResolvers<number | null | Error>();
        waiting.push(later);
        event = await later.promise;
      }
      if (event instanceof Error) throw event;
      if (event === null) return null;
      const count = Math.min(event, into.length);
      into.fill(++record, 0, count);
      return count;
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const side: Side = {
    stream,
    outlivesWrites: false,
    givesRecords: true,
    hungUp: () => false,
    close: () => {},
    abort: () => {},
    failed: () => {},
  };
  const feed = (event: number | null | Error) => {
    const first = waiting.shift();
    if (first) first.resolve(event);
    else fed.push(event);
  };
  return { side, feed };
}

/** Runs one iteration of the relay's copy loop; returns the bytes, or null at the end. */
async function next(reader: Reader): Promise<Uint8Array | null> {
  const count = await reader.read();
  if (count === null) return null;
  const bytes = reader.take(count);
  return reader.hasMore(bytes) ? await reader.gather(bytes) : bytes;
}

/** Reads until one piece fills the largest buffer. */
async function readUntilGathered(reader: Reader): Promise<void> {
  while ((await next(reader))!.length < LARGEST);
}

Deno.test("one read returns all records that have arrived, without waiting for more", async () => {
  const { side, feed } = recordSide(8);
  const reader = new Reader(side);
  await readUntilGathered(reader);
  // The rest of the eight records; then one more arrives while these are in use.
  const rest = (await next(reader))!;
  assertEquals(rest.length, 2 * RECORD);
  const before = rest.slice();
  feed(RECORD);
  const late = (await next(reader))!;
  assertEquals(late.length, RECORD);
  assertEquals(rest, before, "bytes in use were overwritten");
  assertEquals(late[0], before.at(-1)! + 1);
  reader.release();
});

Deno.test("the end or an error is reported after the bytes that arrived before it", async () => {
  for (const event of [null, new Deno.errors.ConnectionReset("reset")]) {
    const { side, feed } = recordSide(9);
    const reader = new Reader(side);
    await readUntilGathered(reader);
    feed(event);
    let piece: Uint8Array | null = new Uint8Array(1);
    const toTheEnd = async () => {
      while (piece !== null) piece = await next(reader);
    };
    if (event === null) await toTheEnd();
    else await assertRejects(toTheEnd, Deno.errors.ConnectionReset);
    reader.release();
  }
});

Deno.test("a buffer is not reused while a read still writes into it", async () => {
  const { side, feed } = recordSide(9);
  const reader = new Reader(side);
  await readUntilGathered(reader);
  const bytes = (await next(reader))!;
  reader.release();
  const taken = takeBuffer(BUFFER_BYTES.length - 1);
  assert(taken.buffer !== bytes.buffer);
  feed(null);
});
