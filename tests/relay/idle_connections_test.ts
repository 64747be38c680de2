import { assertEquals } from "@std/assert";
import { raiseFileLimit } from "../../src/platform/ffi/libc.ts";
import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, connect, descriptorCount, eventually, startEchoRelay } from "./support.ts";

const CONNECTIONS = 2000;

Deno.test("2,000 idle connections are served under a soft descriptor limit of 1,024, then drained", async () => {
  await using sandbox = await makeSandbox();
  raiseFileLimit();
  const relay = await startEchoRelay(sandbox, [], { softFileLimit: 1024 });
  const conns: Deno.TlsConn[] = [];
  sandbox.defer(() => conns.forEach((conn) => conn.close()));
  const open = async () => {
    while (conns.length < CONNECTIONS) {
      const at = conns.push(undefined as never) - 1;
      conns[at] = await connect(relay);
    }
  };
  await Promise.all(Array.from({ length: 16 }, open));
  await eventually("all are held", () => descriptorCount(relay.pid) >= 2 * CONNECTIONS);
  for (const conn of [conns[0]!, conns.at(-1)!]) {
    await assertEchoes(conn);
  }
  relay.signal("SIGTERM");
  await relay.says(/waiting for open connections/);
  for (const conn of conns) conn.closeWrite().catch(() => {});
  assertEquals((await relay.ended).code, 0);
  assertEquals(relay.stderr().includes("aborted"), false, relay.stderr());
});
