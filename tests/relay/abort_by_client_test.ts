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

/** Returns how the target's read ends when the client leaves, and whether it can still write. */
async function seenByTarget(leave: (client: RawClient) => void): Promise<string> {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const seen = Promise.withResolvers<string>();
  serveUnix(sandbox, socket, async (conn) => {
    await readText(conn, 5);
    await writeAll(conn, encode("world"));
    const end = await conn.read(new Uint8Array(10)).then(String, () => "reset");
    // This write succeeds after a half-close, and fails after a full close.
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
    } catch { /* The reset has closed it. */ }
  }
}

Deno.test("a client's reset closes the target's connection in both directions", async () => {
  assertEquals(await seenByTarget((client) => client.reset()), "null, closed");
});

Deno.test("a client that ends without close_notify counts as an abort", async () => {
  assertEquals(await seenByTarget((client) => client.truncate()), "null, closed");
});
