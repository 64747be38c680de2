import { assertEquals, assertRejects } from "@std/assert";
import { makeSandbox } from "../support/mod.ts";
import { assertEchoes, connect, makeCertificate, startEchoRelay, writePair } from "./support.ts";

Deno.test("a new certificate during draining accepts no new clients, and open connections continue", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox);
  const conn = await connect(relay);
  await assertEchoes(conn);
  relay.signal("SIGTERM");
  await relay.says(/waiting for open connections/);
  await writePair(sandbox, await makeCertificate());
  relay.signal("SIGHUP");
  // Longer than the relay keeps a replaced listener, so a wrong reload would show.
  const until = Date.now() + 1500;
  while (Date.now() < until) {
    await assertRejects(() => connect(relay), Deno.errors.ConnectionRefused);
    await assertEchoes(conn);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  conn.close();
  assertEquals((await relay.ended).code, 0);
});
