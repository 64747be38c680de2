import { assertEquals, assertMatch } from "@std/assert";
import type { HttpRequest } from "../../src/http/server/mod.ts";
import type { Delivery } from "../../src/links/mod.ts";
import { makeSandbox, until } from "../support/mod.ts";
import { hasEtcd, startEtcd } from "./support/etcd.ts";
import { startMember, type TestMember, windowOn } from "./support/members.ts";

const ignore = !hasEtcd;

function delivery(path: string, more: Partial<Delivery> = {}): Delivery {
  const items = [{ kind: "file" as const, path, line: 3 }];
  return {
    version: 1,
    from: { host: "b" },
    authority: "ssh-remote+b",
    mode: "open",
    items,
    ...more,
  };
}

/** Asks a member's gate as `open` does. */
async function ask({ member }: TestMember, target: string, json?: unknown) {
  const [path, query = ""] = target.split("?");
  const body = new TextEncoder().encode(json === undefined ? "" : JSON.stringify(json));
  const method = json === undefined ? "GET" : "POST";
  const reply = await member.gate.handle({ method, path, query, body } as unknown as HttpRequest);
  return JSON.parse(new TextDecoder().decode(reply.body as Uint8Array));
}

/** Waits until each of the members knows all of them. */
async function acquainted(...members: TestMember[]): Promise<void> {
  await until(
    "the members know each other",
    () =>
      members.every(({ member }) =>
        member.hosts().filter(({ live }) => live?.desktop).length === members.length
      ),
  );
}

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
    const found = await ask(b, "/v1/find", { version: 1, paths: ["/home/ann/api/x.ts"] });
    assertEquals(found.home, { host: "a" });
    assertEquals(found.window.folder, "/home/ann/api");
    const sent = delivery("/home/ann/api/x.ts");
    const answer = await ask(b, "/v1/deliveries", sent);
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
    const { wait } = await ask(b, "/v1/deliveries", delivery("/x", { wait: true }));
    assertEquals(await ask(b, `/v1/deliveries/${wait}?ms=50`), { answer: "open" });
    closed.resolve();
    assertEquals(await ask(b, `/v1/deliveries/${wait}?ms=20000`), { answer: "done" });
  },
});

Deno.test({
  name: "a delivery to a host that does not take it is withdrawn, and opened by nobody later",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await using b = startMember(etcd!.url, "b", false);
    // A host that is there and reads nothing.
    const a = startMember(etcd!.url, "a");
    await until("b knows a", () => b.member.hosts().some(({ live }) => live?.desktop));
    const engineOfA = a.member;
    (engineOfA as unknown as { gate: { close(): void } }).gate.close();
    a.receiver = { deliver: () => new Promise(() => {}), wait: () => new Promise(() => {}) };
    await a.member.close();
    const answer = await ask(b, "/v1/deliveries", delivery("/x"));
    assertEquals(answer.answer, "refused");
    assertMatch(answer.message, /no host of the fleet|is not there|did not answer/);
    assertEquals(a.received, []);
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
    const answer = await ask(b, "/v1/deliveries", delivery("/x"));
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
    assertEquals((await ask(b, "/v1/deliveries", delivery("/x"))).answer, "accepted");
  },
});
