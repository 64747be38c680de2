import { assertEquals } from "@std/assert";
import { makeSandbox, tally } from "../support/mod.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  eventually,
  metric,
  startEchoRelay,
} from "./support.ts";

const CONNECTIONS = 5000;
const AT_ONCE = 32;

Deno.test("5,000 connections opened and closed leave nothing behind", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startEchoRelay(sandbox, ["--status", "127.0.0.1:0"]);
  let left = CONNECTIONS;
  let before = 0;
  const client = async () => {
    while (left-- > 0) {
      const conn = await connect(relay);
      await assertEchoes(conn);
      conn.close();
    }
  };
  left = 1;
  await client();
  await eventually("the first is gone", () => {
    const now = descriptorCount(relay.pid);
    const quiet = now === before;
    before = now;
    return quiet;
  });
  left = CONNECTIONS - 1;
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  try {
    await eventually("all descriptors are free", () => descriptorCount(relay.pid) <= before);
  } finally {
    const descriptors = Math.max(0, descriptorCount(relay.pid) - before);
    tally({ "connections opened and closed": CONNECTIONS, "descriptors left": descriptors });
  }
  const metrics = await (await fetch(`http://${relay.status}/metrics`)).text();
  assertEquals(metric(metrics, "connections_accepted_total"), CONNECTIONS);
  assertEquals(metric(metrics, "connections_open"), 0);
});
