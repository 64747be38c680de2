import { assertEquals } from "@std/assert";
import { makeSandbox, tally } from "../support/mod.ts";
import { connect, encode, readAll, serveUnix, startRelay, writeAll } from "./support.ts";

Deno.test("a client that has ended its direction still gets the whole response", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  serveUnix(sandbox, socket, async (conn) => {
    const request = await readAll(conn);
    await writeAll(conn, encode(`${request} was heard to its end`));
    await conn.closeWrite();
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  using conn = await connect(relay);
  await writeAll(conn, encode("ping"));
  await conn.closeWrite();
  const answer = await readAll(conn);
  const expected = "ping was heard to its end";
  tally({ "half-closed connections": 1, "answers cut short": Number(answer !== expected) });
  assertEquals(answer, expected);
});
