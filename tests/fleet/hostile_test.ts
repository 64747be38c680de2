/** A hostile host of the fleet, which writes everything that its role permits. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Engine, type Operation, readAddress } from "../../src/fleet/engine/mod.ts";
import { Directory } from "../../src/fleet/directory.ts";
import { Follower } from "../../src/fleet/follower.ts";
import { FleetKeys } from "../../src/fleet/keys.ts";
import type { FleetStatus } from "../../src/fleet/mod.ts";
import { compiled, makeSandbox, run, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { hasEtcd, MOST_OPERATIONS, startEtcd } from "./support/etcd.ts";
import { deliveryOfB } from "./support/gate.ts";
import { joinFleet, leastOf, untilKnown } from "./support/machines.ts";
import { longestTurn } from "./support/turns.ts";

const ignore = !hasEtcd;
const keys = new FleetKeys("ann");

/** Writes in transactions small enough for etcd's limits, of operations and of bytes. */
async function putAll(engine: Engine, puts: readonly Operation[]): Promise<void> {
  for (let at = 0; at < puts.length; at += MOST_OPERATIONS) {
    await engine.transact([], puts.slice(at, at + MOST_OPERATIONS));
  }
}

const path = (path: unknown) => ({ ...deliveryOfB("/x"), items: [{ kind: "file", path }] });

/** Malicious deliveries, by what is wrong with them. */
const DELIVERIES: Readonly<Record<string, string>> = {
  "parents": JSON.stringify(deliveryOfB("/srv/../etc/passwd")),
  "a relative path": JSON.stringify(deliveryOfB("etc/passwd")),
  "an authority in the path": JSON.stringify(deliveryOfB("//evil/etc/passwd")),
  "a command": JSON.stringify(deliveryOfB("command:workbench.action.terminal.new")),
  "a link of VS Code": JSON.stringify(deliveryOfB("vscode://evil.extension/run")),
  "a URI of this machine": JSON.stringify(deliveryOfB("file:///etc/passwd")),
  "a NUL": JSON.stringify(deliveryOfB("/etc/passwd\0.txt")),
  "another type of path": JSON.stringify(path({ length: 3 })),
  "a giant path": JSON.stringify(path(`/${"x".repeat(900_000)}`)),
  "too long": JSON.stringify(path(`/${"x".repeat(1_200_000)}`)),
  "too many files": JSON.stringify({
    ...deliveryOfB("/x"),
    items: Array.from({ length: 10_000 }, (_, at) => ({ kind: "file", path: `/${at}` })),
  }),
  "an unknown mode": JSON.stringify({ ...deliveryOfB("/x"), mode: "remove" }),
  "a later version": JSON.stringify({ ...deliveryOfB("/x"), version: 2 }),
  "another owner": JSON.stringify({ owner: "hostc", delivery: deliveryOfB("/x") }),
  "this host as the owner": JSON.stringify({ owner: "laptop", delivery: deliveryOfB("/x") }),
  "broken JSON": '{"version":1',
  "no object": "[1]",
  "nothing": "",
};

Deno.test({
  name: "each delivery of a hostile host is refused, and none is opened",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    const desktop = await startDesktop(sandbox);
    await joinFleet(sandbox, etcd!.url, "laptop");
    await untilKnown(sandbox, "laptop");
    using engine = new Engine({ endpoints: readAddress(etcd!.url), limitMs: 20_000 });
    const answer = async (id: string) => {
      const key = keys.delivery({ kind: "re", host: "laptop", peer: "hostb", id });
      let text: string | undefined;
      await until(`the answer to ${id}`, async () => (text = await engine.get(key)) !== undefined);
      return JSON.parse(text!) as { answer: string; reason: string };
    };
    for (const [at, [what, value]] of Object.entries(DELIVERIES).entries()) {
      const id = `d${at}`;
      await engine.put(keys.delivery({ kind: "to", host: "hostb", peer: "laptop", id }), value);
      const { answer: said, reason } = await answer(id);
      assertEquals(said, "refused", what);
      assertMatch(reason, /malformed|path|too-many|version|not-allowed/, what);
    }
    // The delivery claims the laptop's authority, but gets its sender's own.
    const claimed = { ...deliveryOfB("/srv/a.ts"), authority: "ssh-remote+laptop" };
    const good = { kind: "to", host: "hostb", peer: "laptop", id: "good" } as const;
    await engine.put(keys.delivery(good), JSON.stringify(claimed));
    assertEquals((await answer("good")).answer, "accepted");
    const { args } = await desktop.nextStart();
    assertEquals(args["file-uri"], ["vscode-remote://ssh-remote+hostb/srv/a.ts:3"]);
  },
});

Deno.test({
  name: "a host that leaves many requests behind takes no other host's place",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    const desktop = await startDesktop(sandbox);
    await joinFleet(sandbox, etcd!.url, "laptop");
    await untilKnown(sandbox, "laptop");
    using engine = new Engine({ endpoints: readAddress(etcd!.url), limitMs: 20_000 });
    const request = (host: string, id: string) =>
      keys.delivery({ kind: "to", host, peer: "laptop", id });
    const puts = Array.from({ length: 2000 }, (_, at) => ({
      put: request("hostile", `r${at}`),
      value: "{}",
    }));
    await putAll(engine, puts);
    await engine.put(request("hostb", "1"), JSON.stringify(deliveryOfB("/srv/a.ts")));
    const { args } = await desktop.nextStart();
    assertEquals(args["file-uri"], ["vscode-remote://ssh-remote+hostb/srv/a.ts:3"]);
  },
});

Deno.test({
  name:
    "keys of another shape, giant values and 20,000 windows of one host leave the others listed, " +
    "and the registry keeps few of them, and answers meanwhile",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    using engine = new Engine({ endpoints: readAddress(etcd!.url), limitMs: 20_000 });
    const window = (folders: unknown) => JSON.stringify({ kind: "x", name: "x", folders });
    await putAll(engine, [
      ...Array.from({ length: 20_000 }, (_, at) => ({
        put: keys.window("hostile", `w${at}`),
        value: window([{ host: "laptop", path: `/srv/${at}` }]),
      })),
      ...Array.from({ length: 5000 }, (_, at) => ({
        put: `${keys.host("hostile2")}junk/${at}/..`,
        value: "x".repeat(100),
      })),
      ...Array.from({ length: 3000 }, (_, at) => ({
        put: keys.window("many", `w${at}`),
        value: window([]),
      })),
      { put: new FleetKeys("bob").live("bobs"), value: "{}" },
      { put: keys.live("broken"), value: '{"boot":' },
      { put: keys.window("broken", "1"), value: '{"folders":7}' },
      { put: keys.meta("broken"), value: "[]" },
      { put: `${keys.prefix}host/../live`, value: "{}" },
    ]);
    // More bytes than one answer may have, so the registry reads fewer keys at a time.
    const long = "x".repeat(1_000_000);
    for (let at = 0; at < 25; at++) await engine.put(keys.window("long", `w${at}`), long);
    const folders = Array.from(
      { length: 200 },
      () => ({ host: "b", path: `/${"y".repeat(4000)}` }),
    );
    for (let at = 0; at < 25; at++) {
      await engine.put(keys.window("wide", `w${at}`), window(folders.slice(0, 60)));
    }
    await engine.put(keys.live("zhost"), '{"boot":"1","desktop":true}');
    await joinFleet(sandbox, etcd!.url, "laptop");
    await untilKnown(sandbox, "zhost");
    await assertLittleIsTaken(etcd!.url);
    const shown = async () => {
      const { stdout } = await run(compiled, sandbox, { args: ["fleet", "status", "--json"] });
      return (JSON.parse(stdout) as FleetStatus).hosts;
    };
    const hosts = await shown();
    const windows = Object.fromEntries(hosts.map(({ name, windows }) => [name, windows.length]));
    assertEquals(hosts.some(({ name }) => name === "bobs"), false);
    assert(windows.hostile! <= 1000, `${windows.hostile} windows`);
    assertEquals(windows.long ?? 0, 0);
    assert(windows.wide! <= 5, `${windows.wide} windows`);
    assertEquals(windows.broken, 0);
    // Windows that arrive through the watch are limited, too.
    for (let at = 0; at < 25; at++) {
      await engine.put(keys.window("late", `w${at}`), window(folders.slice(0, 60)));
    }
    await engine.put(keys.live("zlast"), '{"boot":"1"}');
    await untilKnown(sandbox, "zlast");
    const late = (await shown()).find(({ name }) => name === "late");
    assert(late!.windows.length <= 5);
    assertEquals((await run(compiled, sandbox, { args: ["list", "--fleet"] })).code, 0);
  },
});

/** An engine that counts the pages, and the keys and the characters of values that are read of each area. */
class CountingEngine extends Engine {
  count = 0;
  readonly read: Record<string, { keys: number; length: number }> = {};

  override async *pages(...parameters: Parameters<Engine["pages"]>): ReturnType<Engine["pages"]> {
    const pages = super.pages(...parameters);
    let skipTo: string | undefined;
    for (;;) {
      const { value: page, done } = await pages.next(skipTo);
      if (done) return;
      this.count++;
      for (const { key, value } of page.entries) {
        const count = this.read[keys.areaOf(key)] ??= { keys: 0, length: 0 };
        count.keys++;
        count.length += value.length;
      }
      skipTo = yield page;
    }
  }
}

/** Checks what a follower of the hostile hosts reads and keeps, and how long it blocks. */
async function assertLittleIsTaken(url: string): Promise<void> {
  const longest = await leastOf(50, async () => {
    using engine = new CountingEngine({ endpoints: readAddress(url) });
    const directory = new Directory(keys, "other");
    const follower = new Follower(engine, keys, directory, () => {});
    const turn = await longestTurn(() => follower.first);
    assertEquals(follower.state.failure, undefined);
    await follower.close();
    const read = (host: string) => engine.read[keys.host(host)]!;
    // The giant values do not make the pages of the other hosts small.
    assert(engine.count < 60, `${engine.count} pages`);
    // The limit of a host, and the rest of the page in which it exceeds the limit.
    assert(read("hostile").keys <= 4000 + 2000, `${read("hostile").keys} keys`);
    for (const host of ["long", "wide"]) {
      assert(read(host).length <= 8 * 1024 * 1024, `${host}: ${read(host).length} characters`);
    }
    for (const { name, windows } of directory.hosts()) {
      const { length } = JSON.stringify([...windows.values()]);
      assert(windows.size <= 1000, `${name}: ${windows.size} windows`);
      assert(length <= 1.1 * 1024 * 1024, `${name}: ${length} characters`);
    }
    return turn;
  });
  assert(longest < 50, `the event loop was blocked for ${longest} ms`);
}
