/** The guard between a client and the editor, with a stand-in client. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { HttpGuard } from "../../src/relay/http/guard.ts";
import type { Rejection } from "../../src/relay/connection_context.ts";
import { HttpJudge } from "../../src/relay/http/rules.ts";
import { SessionctlError } from "../../src/errors.ts";
import type { Side } from "../../src/relay/data/side.ts";
import { encode } from "./support.ts";
import { request, TOKEN } from "./http_support.ts";

const judge = new HttpJudge({ token: TOKEN, allowOrigins: [] });
const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
const chunked = `${bearer}Transfer-Encoding: chunked\r\n`;
const upgrade = `${bearer}Connection: Upgrade\r\nUpgrade: echo\r\n`;

/** A client that sends `pieces`, and then ends; if `silent`, it waits until it is aborted. */
function makeClient(pieces: readonly string[], silent = false) {
  const left = pieces.map(encode);
  const stop = Promise.withResolvers<never>();
  stop.promise.catch(() => {});
  const rejections: Rejection[] = [];
  const client = { heard: "", ended: false, aborted: false, left, rejections };
  const side: Side = {
    outlivesWrites: false,
    givesRecords: false,
    hungUp: () => false,
    close: () => {},
    failed: () => {},
    abort: () => {
      client.aborted = true;
      stop.reject(new Deno.errors.Interrupted("aborted"));
    },
    stream: {
      read(into) {
        const piece = left.shift();
        if (piece === undefined) return silent ? stop.promise : Promise.resolve(null);
        into.set(piece);
        return Promise.resolve(piece.length);
      },
      write(bytes) {
        client.heard += new TextDecoder("latin1").decode(bytes);
        return Promise.resolve(bytes.length);
      },
      closeWrite: () => Promise.resolve(void (client.ended = true)),
      close: () => {},
    },
  };
  return { client, guard: new HttpGuard(side, judge, (one) => rejections.push(one)) };
}

/** Reads until the guard has passed `text` on. */
async function passes(guard: HttpGuard, text: string): Promise<void> {
  let seen = "";
  const buffer = new Uint8Array(1000);
  while (seen.length < text.length) {
    const count = await guard.read(buffer);
    assert(count !== null, seen);
    seen += new TextDecoder().decode(buffer.subarray(0, count));
  }
  assertEquals(seen, text);
}

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

Deno.test("an incomplete head gets 400", async () => {
  const { client, guard } = makeClient(["GET / HTTP/1.1\r\nHost: loc"]);
  assertEquals(await guard.admit(), false);
  assertMatch(client.heard, /^HTTP\/1\.1 400 /);
  assertEquals(client.rejections.map(({ reason }) => reason), ["bad-request"]);
});

Deno.test("a client that closes without sending a request gets no response and does not count as refused", async () => {
  const { client, guard } = makeClient([]);
  assertEquals(await guard.admit(), false);
  assertEquals([client.heard, client.rejections], ["", []]);
});

Deno.test("the response to a broken body is sent only where it cannot be mistaken for another one", async () => {
  const broken = request("POST /", chunked, "nonsense\r\n");
  const read = async (guard: HttpGuard) => {
    const buffer = new Uint8Array(1000);
    while ((await guard.read(buffer)) !== null) { /* passed on */ }
  };
  const alone = makeClient([broken]);
  assert(await alone.guard.admit());
  await assertRejects(() => read(alone.guard), SessionctlError, "an invalid chunk size");
  assertMatch(alone.client.heard, /^HTTP\/1\.1 400 /);
  // An earlier request has no answer yet, so the client would take the response for that answer.
  const second = makeClient([request("GET /") + broken]);
  assert(await second.guard.admit());
  await assertRejects(() => read(second.guard), SessionctlError, "an invalid chunk size");
  assertEquals(second.client.heard, "");
  // In the middle of the editor's answer, the client would take the response for a part of it.
  const begun = makeClient([broken]);
  assert(await begun.guard.admit());
  await begun.guard.write(encode("HTTP/1.1 200 OK\r\n"));
  await assertRejects(() => read(begun.guard), SessionctlError, "an invalid chunk size");
  assertEquals(begun.client.heard, "HTTP/1.1 200 OK\r\n");
});

Deno.test("a refused client gets the complete response and nothing after it, whatever it still sends", async () => {
  const { client, guard } = makeClient([request("POST /", ""), "more", "and more"]);
  assertEquals(await guard.admit(), false);
  assertMatch(client.heard, /^HTTP\/1\.1 401 /);
  // Closing with unread bytes would reset the connection and could destroy the answer.
  assertEquals([client.left.length, client.ended], [0, true]);
  const { heard } = client;
  await guard.write(encode("a late word of the editor"));
  assertEquals(client.heard, heard);
});

Deno.test("bytes after an upgrade request wait until it is answered", async () => {
  const { guard } = makeClient([request("GET /", upgrade), "tunnelled"], true);
  assert(await guard.admit());
  await passes(guard, GET.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"));
  let passed = false;
  const buffer = new Uint8Array(100);
  const reading = guard.read(buffer).finally(() => passed = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(passed, false);
  await guard.write(encode("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  assertEquals(await reading, "tunnelled".length);
});

Deno.test("an abort ends the wait for the answer to an upgrade", async () => {
  const { client, guard } = makeClient([request("GET /", upgrade)], true);
  assert(await guard.admit());
  const buffer = new Uint8Array(1000);
  await guard.read(buffer);
  const reading = guard.read(buffer);
  guard.side.abort();
  assertEquals(await reading, null);
  assert(client.aborted);
});

Deno.test("an abort ends the wait for earlier responses, and the refusal after them is not sent", async () => {
  const { client, guard } = makeClient([request("GET /") + request("GET /", "")], true);
  assert(await guard.admit());
  await passes(guard, GET);
  const reading = guard.read(new Uint8Array(1000));
  guard.side.abort();
  assertEquals(await reading, null);
  assertEquals(client.heard, "");
});

/** Runs `body` with timers that it can fire itself, selected by their length in milliseconds. */
async function withTimers(body: (expire: (ms: number) => boolean) => Promise<void>): Promise<void> {
  const { setTimeout: real } = globalThis;
  const timers = new Map<number, () => void>();
  globalThis.setTimeout = ((action: () => void, ms: number) => {
    timers.set(ms, action);
    return real(() => {}, 0);
  }) as unknown as typeof setTimeout;
  try {
    await body((ms) => {
      timers.get(ms)?.();
      return timers.has(ms);
    });
  } finally {
    globalThis.setTimeout = real;
  }
}

Deno.test("a client without a complete first request is reset after 30 s", async () => {
  for (const pieces of [[], ["GET / HTT"]]) {
    await withTimers(async (expire) => {
      const { client, guard } = makeClient(pieces, true);
      const admitted = guard.admit();
      assert(expire(30_000));
      await assertRejects(() => admitted, Deno.errors.Interrupted);
      assert(client.aborted);
      assertEquals(client.rejections, [
        { reason: "bad-request", message: "no complete request arrived within 30 s" },
      ]);
    });
  }
});

Deno.test("a refused client that does not close is reset after 2 s", async () => {
  await withTimers(async (expire) => {
    const { client, guard } = makeClient([request("GET /", "")], true);
    const admitted = guard.admit();
    while (!client.ended) await undefined;
    assert(expire(2_000));
    assertEquals(await admitted, false);
    assert(client.aborted);
  });
});
