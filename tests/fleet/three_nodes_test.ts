import { assertEquals, assertMatch } from "@std/assert";
import { makeSandbox, until } from "../support/mod.ts";
import { hasEtcd, startEtcd } from "./support/etcd.ts";
import { acquainted, askGate, deliveryOfB } from "./support/gate.ts";
import { startMember } from "./support/members.ts";

Deno.test({
  name: "with three nodes, deliveries go on when one is killed, stop when two are, and go on again",
  ignore: !hasEtcd,
  async fn() {
    await using sandbox = await makeSandbox();
    const nodes = await startEtcd(sandbox, { count: 3 });
    await using _first = nodes[0]!;
    await using _second = nodes[1]!;
    await using _third = nodes[2]!;
    const url = nodes.map(({ url }) => url).join(",");
    await using a = startMember(url, "a");
    await using b = startMember(url, "b");
    await acquainted(a, b);
    await nodes[0]!.kill();
    const deliver = () => askGate(b, "/v1/deliveries", deliveryOfB("/x"));
    await until("a delivery arrives", async () => (await deliver()).answer === "accepted", 60_000);
    await nodes[1]!.kill();
    await until("the loss is noticed", () => b.member.state.failure !== undefined, 60_000);
    assertMatch((await deliver()).message, /engine does not answer/);
    const before = a.received.length;
    await nodes[0]!.restart();
    await until("a delivery arrives again", async () => {
      return (await deliver()).answer === "accepted";
    }, 60_000);
    assertEquals(a.received.length, before + 1);
  },
});
