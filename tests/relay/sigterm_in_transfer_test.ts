import { assertEquals, assertRejects } from "@std/assert";
import { makeSandbox, type Sandbox } from "../support/mod.ts";
import {
  connect,
  encode,
  eventually,
  readAll,
  readText,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

/** A target that sends the first half, waits for a word, and sends the second half. */
function twoHalves(sandbox: Sandbox, socket: string): void {
  serveUnix(sandbox, socket, async (conn) => {
    await writeAll(conn, encode("first "));
    await readText(conn, 2);
    await writeAll(conn, encode("second"));
    await conn.closeWrite();
  });
}

/** Starts a relay and sends it SIGTERM when the first half of an answer has arrived. */
async function toldInTransfer(
  sandbox: Sandbox,
  ...options: string[]
): Promise<{ relay: RunningRelay; conn: Deno.TlsConn }> {
  const socket = sandbox.path("target.sock");
  twoHalves(sandbox, socket);
  const relay = await startRelay(sandbox, ["--to", socket, ...options]);
  const conn = await connect(relay);
  assertEquals(await readText(conn, 6), "first ");
  relay.signal("SIGTERM");
  return { relay, conn };
}

Deno.test("SIGTERM during a transfer refuses new connections and lets the transfer finish", async () => {
  await using sandbox = await makeSandbox();
  const { relay, conn: held } = await toldInTransfer(sandbox);
  using conn = held;
  await relay.says(/waiting for open connections/);
  await assertRejects(() => connect(relay), Deno.errors.ConnectionRefused);
  await writeAll(conn, encode("go"));
  assertEquals(await readAll(conn), "second");
  await conn.closeWrite();
  assertEquals((await relay.ended).code, 0);
});

Deno.test("a transfer is aborted when it exceeds the shutdown time limit", async () => {
  await using sandbox = await makeSandbox();
  const { relay, conn: held } = await toldInTransfer(sandbox, "--shutdown-timeout", "200ms");
  using conn = held;
  await assertRejects(() => readAll(conn), Deno.errors.ConnectionReset);
  assertEquals((await relay.ended).code, 0);
  await relay.says(/1 connections were still open and were aborted/);
});

Deno.test("a second SIGTERM ends it at once", async () => {
  await using sandbox = await makeSandbox();
  const { relay, conn: held } = await toldInTransfer(sandbox, "--shutdown-timeout", "never");
  using conn = held;
  await relay.says(/waiting for open connections/);
  let ended = false;
  relay.ended.then(() => ended = true);
  relay.signal("SIGTERM");
  await eventually("it has ended", () => ended);
  await assertRejects(() => readAll(conn), Deno.errors.ConnectionReset);
  assertEquals((await relay.ended).code, 0);
});
