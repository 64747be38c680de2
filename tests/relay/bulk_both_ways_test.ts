import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { makeSandbox, tally } from "../support/mod.ts";
import { connect, serveUnix, startRelay, writeAll } from "./support.ts";

const BYTES = 1024 ** 3;

/** Sends pseudo-random bytes derived from `seed`, and returns their checksum. */
async function send(conn: Deno.Conn, seed: number): Promise<string> {
  const hash = createHash("md5");
  const block = new Uint8Array(256 * 1024);
  const words = new Uint32Array(block.buffer);
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    words[i] = state;
  }
  for (let sent = 0; sent < BYTES; sent += block.length) {
    words[0] = sent;
    hash.update(block);
    await writeAll(conn, block);
  }
  await conn.closeWrite();
  return hash.digest("hex");
}

async function receive(conn: Deno.Conn): Promise<string> {
  const hash = createHash("md5");
  const buffer = new Uint8Array(256 * 1024);
  let total = 0;
  for (let n; (n = await conn.read(buffer)) !== null; total += n) {
    hash.update(buffer.subarray(0, n));
  }
  assertEquals(total, BYTES);
  return hash.digest("hex");
}

Deno.test("1 GiB each way at once arrives unchanged", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const far = Promise.withResolvers<string[]>();
  serveUnix(sandbox, socket, async (conn) => {
    far.resolve(await Promise.all([send(conn, 1), receive(conn)]));
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  const [sent, received] = await Promise.all([send(conn, 2), receive(conn)]);
  const [sentThere, receivedThere] = await far.promise;
  const differing = Number(received !== sentThere) + Number(receivedThere !== sent);
  tally({ "bytes compared": 2 * BYTES, "streams that differed": differing });
  assertEquals(received, sentThere);
  assertEquals(receivedThere, sent);
});
