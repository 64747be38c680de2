/** The server survives any bytes in any pieces, and answers the next valid request. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { startTestRegistry } from "../registry/http_support.ts";
import { fuzzSeed, makeSandbox, seeded, tally, until } from "../support/mod.ts";
import { connectRaw, statuses } from "../support/raw_http.ts";
import { damaged, SESSION_REQUESTS } from "./messages.ts";

const CASES = 1200;
const AT_ONCE = 8;

const REQUESTS = [
  ...SESSION_REQUESTS,
  "HEAD /healthz HTTP/1.1\r\n\r\nGET /v1/candidates?filePath=/w&limit=3 HTTP/1.1\r\n\r\n",
  "POST /v1/prune HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
  "GET /health HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x81\x80abcd",
  "GET /v1/events HTTP/1.1\r\n\r\n",
];

Deno.test("any bytes in any pieces are answered or refused, and the next valid request is answered", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { probeTimeoutMs: 50 });
  const seed = fuzzSeed(20240603);
  const random = seeded(seed);
  const one = async (bytes: Uint8Array<ArrayBuffer>, cuts: number[]) => {
    const connection = await connectRaw(sandbox, registry.socketPath);
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      await connection.send(bytes.subarray(from, cut));
      from = cut;
    }
    // Streams do not end by themselves, and a client that waits for more receives nothing.
    await connection.end();
    const received = await connection.untilEnd();
    connection.close();
    assert(
      statuses(received).every((status) => status < 500),
      `seed ${seed}: ${JSON.stringify(new TextDecoder().decode(bytes))}: ${received}`,
    );
  };
  // The memory of this thread only, because other tests run at the same time.
  const memory = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
  const before = memory();
  for (let i = 0; i < CASES; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => {
      const bytes = damaged(REQUESTS, random);
      const cuts = Array.from(
        { length: Math.floor(random() * 4) },
        () => Math.floor(random() * bytes.length),
      ).sort((a, b) => a - b);
      return one(bytes, cuts);
    }));
    if (i % 80 === 0) assertEquals((await registry.ask("/healthz")).status, 200);
  }
  tally({ "requests to the registry": CASES });
  await until("all are gone", () => registry.health().connections === 0);
  await registry.add("/tmp/proper.sock", "/w");
  assert((await registry.sessions()).some(({ socketPath }) => socketPath === "/tmp/proper.sock"));
  assertLess(memory() - before, 200 * 1024 * 1024);
});

Deno.test("a body in chunks of one byte costs only its content", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const head = '{"entry":{"socketPath":"/tmp/a.sock","filler":"';
  const body = `${head}${"x".repeat(100_000)}"}}`;
  const connection = await connectRaw(sandbox, registry.socketPath);
  await connection.send("POST /add-session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  await connection.send([...body].map((byte) => `1\r\n${byte}\r\n`).join("") + "0\r\n\r\n");
  assertEquals(statuses(await connection.until(/200/)), [200]);
  assertEquals((await registry.sessions())[0]!.filler, "x".repeat(100_000));
});
