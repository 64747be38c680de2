import { assertEquals } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import {
  connectRaw,
  encode,
  type RawClient,
  readText,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

/** What a target sees of a client that goes in the middle: the end, and whether it can still write. */
async function seenByTarget(leave: (client: RawClient) => void): Promise<string> {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const seen = Promise.withResolvers<string>();
  serveUnix(sandbox, socket, async (conn) => {
    await readText(conn, 5);
    await writeAll(conn, encode("world"));
    const end = await conn.read(new Uint8Array(10)).then(String, () => "reset");
    // After a half-close this would go through; after a full close there is nobody.
    const write = await writeAll(conn, new Uint8Array(10)).then(() => "open", () => "closed");
    seen.resolve(`${end}, ${write}`);
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  const client = await connectRaw(relay);
  await writeAll(client.conn, encode("hello"));
  await readText(client.conn, 5);
  leave(client);
  try {
    return await seen.promise;
  } finally {
    try {
      client.conn.close();
    } catch { /* reset closes it */ }
  }
}

Deno.test("a client's reset closes the target's connection in both directions", async () => {
  assertEquals(await seenByTarget((client) => client.reset()), "null, closed");
});

Deno.test("a client that ends without close_notify counts as an abort", async () => {
  assertEquals(await seenByTarget((client) => client.truncate()), "null, closed");
});
