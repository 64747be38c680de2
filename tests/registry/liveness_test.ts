/** The cost and treatment of editors that hang, died, or belong to another user. */
import { assert, assertEquals } from "@std/assert";
import { LivenessMonitor } from "../../src/registry/index/liveness.ts";
import { Registry } from "../../src/registry/server/registry.ts";
import { SessionStore } from "../../src/registry/store/store.ts";
import { Upstreams } from "../../src/registry/server/upstream.ts";
import { type FakeEditor, makeSandbox, mostAtOnce, startEditor, tally } from "../support/mod.ts";
import { startTestRegistry } from "./http_support.ts";
import { asRoot } from "./serve_support.ts";

/** Long, so that pauses of a busy machine do not matter. */
const LIMIT_MS = 3000;

for (const hung of [1, 5]) {
  Deno.test(`${hung} hung editors before a live one cost a lookup about one time limit`, async () => {
    await using sandbox = await makeSandbox();
    const registry = await startTestRegistry(sandbox, { probeTimeoutMs: LIMIT_MS });
    const live = await startEditor(sandbox);
    await startEditor(sandbox).then(({ socketPath }) => registry.add(socketPath, "/w"));
    await registry.add(live.socketPath, "/w/a");
    const editors: FakeEditor[] = [];
    for (let i = 0; i < hung; i++) {
      const editor = await startEditor(sandbox, { behaviour: "hang" });
      await registry.add(editor.socketPath, "/w/a");
      editors.push(editor);
    }
    const found = await registry.find("/w/a/f.ts");
    tally({
      "hung editors": hung,
      "lookups": 1,
      "wrong windows": Number(found !== live.socketPath),
    });
    assertEquals(found, live.socketPath);
    assertEquals(mostAtOnce(editors), hung);
    // They are now known to hang, so the next lookup that asks the live editor again omits them.
    const asked = editors.map(({ probes }) => probes);
    const former = live.probes;
    while (live.probes === former) {
      assertEquals(await registry.find("/w/a/g.ts"), live.socketPath);
    }
    assertEquals(editors.map(({ probes }) => probes), asked);
  });
}

Deno.test("a hung editor is used only if there is no other, and again once it answers", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { probeTimeoutMs: 1000 });
  const editor = await startEditor(sandbox, { behaviour: "hang" });
  await registry.add(editor.socketPath, "/w");
  assertEquals(await registry.find("/w/f.ts"), editor.socketPath);
  const other = await startEditor(sandbox);
  await registry.add(other.socketPath);
  assertEquals(await registry.find("/w/f.ts"), other.socketPath);
  editor.behaviour = "normal";
  // A verdict counts for a moment.
  while (await registry.find("/w/f.ts") !== editor.socketPath) await registry.ask("/healthz");
});

Deno.test("another user's socket is never used and never deleted", asRoot, async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const foreign = await startEditor(sandbox);
  await Deno.chown(foreign.socketPath, 54321, 54321);
  await registry.add(foreign.socketPath, "/w");
  assertEquals(await registry.find("/w/f.ts"), undefined);
  await registry.ask("/v1/prune", {});
  assertEquals((await registry.sessions()).length, 1);
  assert((await Deno.lstat(foreign.socketPath)).isSocket);
  assertEquals(foreign.probes, 0);
});

Deno.test("a socket whose queue is full is unresponsive, not dead", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { probeTimeoutMs: 200 });
  const path = sandbox.path("full.sock");
  const listener = Deno.listen({ transport: "unix", path });
  sandbox.defer(() => listener.close());
  const waiting: Deno.UnixConn[] = [];
  sandbox.defer(() => waiting.forEach((conn) => conn.close()));
  const queued = 2 * Number(await Deno.readTextFile("/proc/sys/net/core/somaxconn"));
  let refusal: unknown;
  for (let i = 0; i < queued && !refusal; i++) {
    await Deno.connect({ transport: "unix", path }).then(
      (conn) => waiting.push(conn),
      (error) => refusal = error,
    );
  }
  assert(refusal, "the queue should be full");
  await registry.add(path, "/w");
  const { json } = await registry.ask("/v1/sessions?probe=1");
  const { sessions } = json as { sessions: { liveness: string }[] };
  assertEquals(sessions.map(({ liveness }) => liveness), ["unresponsive"]);
});

Deno.test("a probe in progress does not affect an editor that registers again meanwhile", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("editor.sock");
  const monitor = new LivenessMonitor({ timeoutMs: 20_000, allowOwners: [] });
  const editor = await startEditor(sandbox, { socketPath, behaviour: "close" });
  const former = monitor.probe(socketPath);
  await editor.die();
  await Deno.remove(socketPath);
  await startEditor(sandbox, { socketPath });
  monitor.forget(socketPath);
  const anew = monitor.probe(socketPath);
  await former;
  assertEquals(await anew, "live");
  assertEquals(monitor.last(socketPath), "live");
});

Deno.test("a lookup that probes thousands of dead sessions does not starve other requests", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  for (let i = 0; i < 1000; i++) await registry.add(sandbox.path(`${i}.sock`));
  let others = 0;
  const other = () => {
    others++;
    timer = setTimeout(other);
  };
  let timer = setTimeout(other);
  assertEquals(await registry.registry.find("/w/a"), undefined);
  clearTimeout(timer);
  assert(others > 0);
});

Deno.test("lookups during a probe of a socket share that probe", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const monitor = new LivenessMonitor({ timeoutMs: 20_000, allowOwners: [] });
  const probes = Array.from({ length: 5 }, () => monitor.probe(editor.socketPath));
  assertEquals(await Promise.all(probes), Array(5).fill("live"));
  assertEquals(editor.probes, 1);
});

Deno.test("a verdict on a previous session does not count for a new one", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox, { behaviour: "hang" });
  const monitor = new LivenessMonitor({ timeoutMs: 50, allowOwners: [] });
  const probing = monitor.probe(editor.socketPath);
  monitor.forget(editor.socketPath);
  assertEquals(await probing, "unresponsive");
  assertEquals(monitor.last(editor.socketPath), undefined);
});

Deno.test("a window that registers again is a new one: the earlier verdict is discarded", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox, { probeTimeoutMs: 50 });
  const editor = await startEditor(sandbox, { behaviour: "hang" });
  await registry.add(editor.socketPath, "/w");
  await registry.registry.list({ probe: true });
  assertEquals((await registry.sessions())[0]!.liveness, "unresponsive");
  await registry.add(editor.socketPath, "/w");
  assertEquals((await registry.sessions())[0]!.liveness, "unknown");
});

Deno.test("a window keeps the registry from being idle unless it is known to be dead", async () => {
  await using sandbox = await makeSandbox();
  const { registry, add } = await startTestRegistry(sandbox, { probeTimeoutMs: 50 });
  assertEquals(registry.hasLiveSessions, false);
  await add(sandbox.path("gone.sock"));
  assertEquals(registry.hasLiveSessions, true);
  await registry.prune({ dryRun: true });
  assertEquals(registry.hasLiveSessions, false);
  await add((await startEditor(sandbox, { behaviour: "hang" })).socketPath);
  await registry.prune({ dryRun: true });
  assertEquals(registry.hasLiveSessions, true);
});

Deno.test("a window that registers while its dead predecessor is removed stays, also on disk", async () => {
  await using sandbox = await makeSandbox();
  const socketPath = sandbox.path("w.sock");
  const state = sandbox.path("state.db");
  const liveness = { timeoutMs: 300, allowOwners: [] };
  const store = SessionStore.open(state);
  const upstreams = new Upstreams([], liveness);
  const onPruneFailure = (error: unknown) => {
    throw error;
  };
  const registry = new Registry({ ...liveness, store, upstreams, onPruneFailure });
  await registry.add({ socketPath });
  // Known to be dead, so that its removal begins at once.
  await registry.list({ probe: true });
  const adding = registry.add({ socketPath, name: "new" });
  const pruning = registry.prune();
  await Promise.all([adding, pruning]);
  store.close();
  const after = SessionStore.open(state);
  assertEquals(after.load().map(({ name }) => name), ["new"]);
  after.close();
});
