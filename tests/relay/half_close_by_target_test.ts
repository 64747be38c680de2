import { assertEquals } from "@std/assert";
import { makeSandbox, tally } from "../support/mod.ts";
import { connect, encode, readAll, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test("a target that has ended its direction still gets all bytes of the client", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  const heard = Promise.withResolvers<string>();
  serveUnix(sandbox, socket, async (conn) => {
    await writeAll(conn, encode("goodbye"));
    await conn.closeWrite();
    heard.resolve(await readAll(conn));
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  assertEquals(await readAll(conn), "goodbye");
  for (const word of ["one ", "two ", "three"]) await writeAll(conn, encode(word));
  await conn.closeWrite();
  const text = await heard.promise;
  const expected = "one two three";
  tally({ "half-closed connections": 1, "answers cut short": Number(text !== expected) });
  assertEquals(text, expected);
});
