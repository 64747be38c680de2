/** How the relay carries bytes and ends of streams, between two stand-in sides. */
import { assertEquals } from "@std/assert";
import { carry, type Ending } from "../../src/relay/data/carry.ts";
import { ConnectedSide, type Side, UnixSide } from "../../src/relay/data/side.ts";
import { encode } from "./support.ts";

/** A side that sends `says` and then ends; writes to it succeed only if `takes`. */
function sideOf(says: readonly string[], takes: boolean, outlivesWrites: boolean) {
  const seen = { heard: "", ended: false, closed: false, aborted: false };
  const left = says.map(encode);
  const side: Side = {
    outlivesWrites,
    givesRecords: false,
    hungUp: () => false,
    close: () => void (seen.closed = true),
    abort: () => void (seen.aborted = true),
    failed: () => {},
    stream: {
      read(into) {
        const piece = left.shift();
        if (piece) into.set(piece);
        return Promise.resolve(piece?.length ?? null);
      },
      write(bytes) {
        if (!takes) return Promise.reject(new Deno.errors.BrokenPipe("gone"));
        seen.heard += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
      closeWrite() {
        if (!takes) return Promise.reject(new Deno.errors.NotConnected("gone"));
        return Promise.resolve(void (seen.ended = true));
      },
      close: () => {},
    },
  };
  return { side, seen, left };
}

function carried(client: Side, upstream: Side) {
  let lingers = 0;
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const state = {
    bytesUp: 0,
    bytesDown: 0,
    uploading: false,
    answered: false,
    onLinger: () => void lingers++,
    onFailure: () => {},
    onCarried: resolve,
  };
  carry(client, upstream, state);
  return promise.then((ending) => [ending, lingers]);
}

Deno.test("the relay delivers bytes that the target sent before it closed, while the client still writes", async () => {
  const client = sideOf(["more", "and more"], true, false);
  const upstream = sideOf(["last ", "words"], false, true);
  assertEquals(await carried(client.side, upstream.side), ["clean", 1]);
  assertEquals(client.seen, { heard: "last words", ended: true, closed: true, aborted: false });
  assertEquals(client.left, []);
});

Deno.test("the relay waits for the target with the rest of a message of which it took a part", async () => {
  const client = sideOf(["first ", "second"], true, false);
  const upstream = sideOf([], true, true);
  const room = [6, 3];
  upstream.side.writeNow = (bytes) => {
    const count = Math.min(room.shift() ?? 0, bytes.length);
    upstream.seen.heard += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  };
  assertEquals(await carried(client.side, upstream.side), ["clean", 0]);
  assertEquals([upstream.seen.heard, room], ["first second", []]);
});

Deno.test("a connection that was closed gets no bytes by its descriptor", () => {
  const sent: number[] = [];
  const descriptors = { send: (number: number) => sent.push(number), shutdown: () => {} };
  const stream = { close: () => {} } as never;
  const side = new ConnectedSide(stream, 7, descriptors as never);
  assertEquals(side.writeNow(new Uint8Array(1)), 1);
  side.abort();
  assertEquals(side.writeNow(new Uint8Array(1)), 0);
  assertEquals(sent, [7]);
});

Deno.test("the relay aborts the target when it can no longer write to the client", async () => {
  const client = sideOf([], false, false);
  const upstream = sideOf(["words"], true, true);
  assertEquals(await carried(client.side, upstream.side), ["aborted", 0]);
  assertEquals([client.seen.aborted, upstream.seen.aborted], [true, true]);
});

Deno.test("aborting a Unix connection shuts it down once before closing it", () => {
  const calls: string[] = [];
  const stream = { close: () => void calls.push("close") } as never;
  const descriptors = { shutdown: (number: number) => void calls.push(`shutdown ${number}`) };
  const side = new UnixSide(stream, 7, descriptors as never);
  side.abort();
  side.abort();
  side.close();
  assertEquals(calls, ["shutdown 7", "close"]);
});
