import { assert, assertEquals, assertMatch } from "@std/assert";
import { Claims } from "../../src/fleet/claims.ts";
import { Engine, readAddress } from "../../src/fleet/engine/mod.ts";
import { FleetKeys } from "../../src/fleet/keys.ts";
import { makeSandbox, tally, until } from "../support/mod.ts";
import { hasEtcd, startEtcd } from "./support/etcd.ts";
import { acquainted, askGate, deliveryOfB } from "./support/gate.ts";
import { startMember, windowOn } from "./support/members.ts";

const ignore = !hasEtcd;

Deno.test({
  name: "a file goes to the host of the fleet whose window holds it",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await using a = startMember(etcd!.url, "a");
    await using b = startMember(etcd!.url, "b");
    await using c = startMember(etcd!.url, "c");
    await acquainted(a, b, c);
    a.windows.set("1", windowOn("b", "/home/ann/api"));
    c.windows.set("1", windowOn("b", "/home/ann"));
    a.member.change();
    c.member.change();
    await until(
      "b knows the windows",
      () => b.member.hosts().filter(({ windows }) => windows.size > 0).length === 2,
    );
    const found = await askGate(b, "/v1/find", { version: 1, paths: ["/home/ann/api/x.ts"] });
    assertEquals(found.home, { host: "a" });
    assertEquals(found.window.folder, "/home/ann/api");
    const sent = deliveryOfB("/home/ann/api/x.ts");
    const answer = await askGate(b, "/v1/deliveries", sent);
    assertEquals(answer, { answer: "accepted", window: "a window on a" });
    assertEquals(a.received, [{ from: "b", body: sent as unknown }]);
    assertEquals(c.received, []);
  },
});

Deno.test({
  name: "a delivery that waits is done when the receiver says so",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await using a = startMember(etcd!.url, "a");
    await using b = startMember(etcd!.url, "b");
    await acquainted(a, b);
    const closed = Promise.withResolvers<void>();
    a.receiver = {
      deliver: () => Promise.resolve({ answer: "accepted", window: "w", wait: "1" }),
      wait: () => closed.promise.then(() => ({ answer: "done" })),
    };
    const { wait } = await askGate(b, "/v1/deliveries", deliveryOfB("/x", { wait: true }));
    assertEquals(await askGate(b, `/v1/deliveries/${wait}?ms=50`), { answer: "open" });
    closed.resolve();
    assertEquals(await askGate(b, `/v1/deliveries/${wait}?ms=20000`), { answer: "done" });
  },
});

Deno.test({
  name: "a request is either claimed or withdrawn, never both and never neither",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    using engine = new Engine({ endpoints: readAddress(etcd!.url) });
    const keys = new FleetKeys("ann");
    const claims = new Claims(engine, keys, new AbortController().signal);
    const outcomes = { claimed: 0, withdrawn: 0, wrong: 0 };
    for (let round = 0; round < 500; round++) {
      const request = { kind: "to", host: "b", peer: "a", id: `r${round}` } as const;
      const key = keys.delivery(request);
      const claim = keys.delivery({ kind: "claim", host: "a", peer: "b", id: request.id });
      await engine.put(key, "{}");
      const withdraw = () => engine.transact([{ key: claim, exists: false }], [{ remove: key }]);
      const first = round % 2 === 0;
      const early = first ? claims.claim(request, () => true) : withdraw();
      const late = first ? withdraw() : claims.claim(request, () => true);
      const [claimed, withdrawn] = first ? [await early, await late] : [await late, await early];
      outcomes[claimed === withdrawn ? "wrong" : claimed ? "claimed" : "withdrawn"]++;
    }
    tally({
      "requests claimed": outcomes.claimed,
      "requests withdrawn": outcomes.withdrawn,
      "requests with both or neither": outcomes.wrong,
    });
    assertEquals(outcomes.wrong, 0);
    assert(outcomes.claimed > 0 && outcomes.withdrawn > 0, JSON.stringify(outcomes));
  },
});

Deno.test({
  name: "the hosts are known again after the engine was away",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await using a = startMember(etcd!.url, "a");
    await using b = startMember(etcd!.url, "b");
    await acquainted(a, b);
    await etcd!.kill();
    await until(
      "both notice",
      () => [a, b].every(({ member }) => member.state.failure !== undefined),
      30_000,
    );
    const answer = await askGate(b, "/v1/deliveries", deliveryOfB("/x"));
    assertMatch(answer.message, /engine does not answer/);
    await etcd!.restart();
    await until(
      "both are back",
      () =>
        [a, b].every(({ member }) =>
          member.state.failure === undefined && member.state.unpublished === undefined
        ),
      60_000,
    );
    assertEquals((await askGate(b, "/v1/deliveries", deliveryOfB("/x"))).answer, "accepted");
  },
});
