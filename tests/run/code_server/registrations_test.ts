/** The windows of a code-server and their sessions in the registry, while either comes and goes. */
import { assertEquals, assertMatch } from "@std/assert";
import { RegistryClient } from "../../../src/registry/mod.ts";
import { startTestRegistry } from "../../registry/http_support.ts";
import { makeSandbox, type Sandbox, startEditor, until } from "../../support/mod.ts";
import { entryOf, pathsOf, startRegistrations } from "./registrations_support.ts";

/** Registrations with the registry of `startTestRegistry`, which need not run yet. */
function start(sandbox: Sandbox) {
  return startRegistrations(sandbox, sandbox.path("run", "sessionctl", "registry.sock"));
}

/** The same, once they follow a registry. */
async function startFollowing(sandbox: Sandbox) {
  const started = start(sandbox);
  const { registrations, said, socket } = started;
  await registrations.find("/");
  const registry = await startTestRegistry(sandbox);
  await until("they follow it", () => said.includes(`connected to the registry at ${socket}`));
  return { ...started, registry };
}

Deno.test("a window is registered as soon as a registry starts, and the registry's absence is reported once", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, said, socket } = start(sandbox);
  const { socketPath } = await startEditor(sandbox);
  assertEquals(await registrations.add(entryOf(socketPath)), false);
  assertEquals(await registrations.find("/work/a.ts"), undefined);
  const registry = await startTestRegistry(sandbox);
  await until("it is registered", async () => (await pathsOf(registry)).length === 1);
  assertEquals(await pathsOf(registry), [socketPath]);
  await until("it is told", () => said.length === 2);
  assertMatch(said[0]!, /^no registry is running: .*; windows will be registered when one starts$/);
  assertEquals(said[1], `connected to the registry at ${socket}`);
  await registry.close();
  await until("its next absence is told, too", () => said.length === 3);
  assertEquals(said[2], said[0]);
});

Deno.test("a registry that lost its state gets the windows again, except those that have ended", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry: first } = await startFollowing(sandbox);
  const editors = [await startEditor(sandbox), await startEditor(sandbox)];
  for (const { socketPath } of editors) {
    assertEquals(await registrations.add(entryOf(socketPath)), true);
  }
  assertEquals((await pathsOf(first)).length, 2);
  await first.close();
  await editors[1]!.die();
  const second = await startTestRegistry(sandbox);
  await until("it is back", async () => (await pathsOf(second)).length === 1);
  await until("the other is forgotten", () => !registrations.has(editors[1]!.socketPath));
  assertEquals(await pathsOf(second), [editors[0]!.socketPath]);
});

Deno.test("a window that was removed from the registry is not registered again", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry: first, socket } = await startFollowing(sandbox);
  const [stays, goes] = [await startEditor(sandbox), await startEditor(sandbox)];
  for (const { socketPath } of [stays, goes]) await registrations.add(entryOf(socketPath));
  await new RegistryClient({ socket }).deleteSession(goes.socketPath);
  await until("it is forgotten", () => !registrations.has(goes.socketPath));
  await first.close();
  const second = await startTestRegistry(sandbox);
  await until("the other is back", async () => (await pathsOf(second)).length === 1);
  assertEquals(await pathsOf(second), [stays.socketPath]);
});

Deno.test("the window for a path is one of ours, even if the registry ranks another higher", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const { registrations } = start(sandbox);
  const [ours, other] = [await startEditor(sandbox), await startEditor(sandbox)];
  await registrations.add(entryOf(ours.socketPath, "/work"));
  await registry.registry.add(entryOf(other.socketPath, "/work/inner"));
  assertEquals(await registry.find("/work/inner/a.ts"), other.socketPath);
  assertEquals(await registrations.find("/work/inner/a.ts"), ours.socketPath);
});

Deno.test("a window that gains or loses the focus stays one of ours", async () => {
  await using sandbox = await makeSandbox();
  const { registrations, registry, socket } = await startFollowing(sandbox);
  const { socketPath } = await startEditor(sandbox);
  const last = await startEditor(sandbox);
  for (const path of [socketPath, last.socketPath]) await registrations.add(entryOf(path));
  await registry.ask("/v1/focus", { socketPath, focused: true });
  // Events arrive in order, so once this one has arrived, so has the change of focus.
  await new RegistryClient({ socket }).deleteSession(last.socketPath);
  await until("it is heard", () => !registrations.has(last.socketPath));
  assertEquals(registrations.has(socketPath), true);
});

Deno.test("windows that have ended are removed, and so are those that are deleted", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const { registrations } = start(sandbox);
  const editors = await Promise.all([1, 2, 3].map(() => startEditor(sandbox)));
  for (const { socketPath } of editors) await registrations.add(entryOf(socketPath));
  await editors[0]!.die();
  await registrations.removeDead();
  await registrations.delete(editors[1]!.socketPath);
  assertEquals(editors.map(({ socketPath }) => registrations.has(socketPath)), [
    false,
    false,
    true,
  ]);
  assertEquals(await pathsOf(registry), [editors[2]!.socketPath]);
});

Deno.test("an entry that the registry refuses is forgotten, and the reason reported", async () => {
  await using sandbox = await makeSandbox();
  await startTestRegistry(sandbox);
  const { registrations, said } = start(sandbox);
  assertEquals(await registrations.add(entryOf("relative.sock")), false);
  assertEquals(registrations.has("relative.sock"), false);
  assertEquals(said.length, 1);
  assertMatch(said[0]!, /answered 400: [^;]*$/);
});

Deno.test("the oldest of more than a thousand windows is forgotten", async () => {
  await using sandbox = await makeSandbox();
  const { registrations } = start(sandbox);
  for (let number = 0; number <= 1000; number++) await registrations.add(entryOf(`/${number}`));
  assertEquals([0, 1, 1000].map((number) => registrations.has(`/${number}`)), [false, true, true]);
  // A window that is added again counts as new.
  await registrations.add(entryOf("/1"));
  await registrations.add(entryOf("/1001"));
  assertEquals([1, 2].map((number) => registrations.has(`/${number}`)), [true, false]);
  await registrations.delete("/1");
  assertEquals(registrations.has("/1"), false);
});
