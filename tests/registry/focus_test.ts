/** Which window has the focus, and how that ranks sessions. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connectChannels, windowContext } from "../../src/ipc/mod.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { makeSandbox, seeded, startEditor, until } from "../support/mod.ts";
import { startTestRegistry, type TestRegistry } from "./http_support.ts";

/** The id of a test's window. */
function idOf(window: string): string {
  return window.charCodeAt(0).toString(16).padStart(32, "0");
}

/** The registration by the companion of window `name`: `/NAME.sock`, with the folder `/w`. */
function entryOf(name: string, more: Record<string, unknown> = {}) {
  return {
    socketPath: `/${name}.sock`,
    source: "companion",
    workspace: { folders: [{ uri: "file:///w" }] },
    windowId: idOf(name),
    companion: "0.1.0",
    ...more,
  };
}

function focus(registry: TestRegistry, name: string, focused: boolean, focusedAt: number) {
  const socketPath = `/${name}.sock`;
  return registry.ask("/v1/focus", { socketPath, windowId: idOf(name), focused, focusedAt });
}

/** The sockets in the registry's order; `*` marks those with the focus. */
function order(registry: TestRegistry): string {
  return registry.registry.snapshot()
    .map(({ socketPath, focused }) => `${socketPath.slice(1, -5)}${focused ? "*" : ""}`)
    .join(" ");
}

/** Reports in sequence, and the resulting order; windows a, b, c are registered before. */
type Told =
  | readonly [window: string, focused: boolean, at: number]
  | readonly [window: string, entry: Record<string, unknown>];
const NOW = Date.now();
const RANKINGS: Record<string, { told: readonly Told[]; order: string }> = {
  "without a focus, the latest registration": { told: [], order: "c b a" },
  "the window that has the focus": { told: [["a", true, 100]], order: "a* c b" },
  "the window that had the focus last, after it lost it": {
    told: [["a", true, 100], ["a", false, 200]],
    order: "a c b",
  },
  "the window that gained the focus, although the other has not reported the loss": {
    told: [["a", true, 100], ["b", true, 200]],
    order: "b* a c",
  },
  "reports that arrive out of order": {
    told: [["b", true, 200], ["a", true, 100], ["a", false, 200]],
    order: "b* a c",
  },
  "an earlier loss does not undo a later gain of another window": {
    told: [["a", true, 100], ["b", true, 300], ["a", false, 200]],
    order: "b* a c",
  },
  "a window that registers again keeps its place": {
    told: [["a", true, 100], ["a", false, 200], ["c", {}]],
    order: "a c b",
  },
  "the times of a registration, as after a loss of the state": {
    told: [["c", { focusedAt: 100 }], ["a", { focusedAt: 300 }], ["b", { focusedAt: 200 }]],
    order: "a b c",
  },
  "a registration with the focus": {
    told: [["a", true, 100], ["b", { focused: true, focusedAt: 200 }]],
    order: "b* a c",
  },
  "a dead window that has claimed the focus for long": {
    told: [["a", true, 100], ["b", true, 200], ["a", { focused: true, focusedAt: 100 }]],
    order: "b* a c",
  },
  "times in the future count as now": {
    told: [["a", true, NOW * 2], ["a", false, NOW * 2], ["b", true, NOW * 3]],
    order: "b* a c",
  },
};

for (const [what, { told, order: expected }] of Object.entries(RANKINGS)) {
  Deno.test(`ranking: ${what}`, async () => {
    await using sandbox = await makeSandbox();
    const registry = await startTestRegistry(sandbox);
    for (const name of ["a", "b", "c"]) await registry.registry.add(entryOf(name));
    for (const [name, first, at] of told) {
      if (typeof first === "object") await registry.registry.add(entryOf(name, first));
      else assertEquals((await focus(registry, name, first, at!)).status, 200);
    }
    assertEquals(order(registry), expected);
  });
}

Deno.test("a deeper folder ranks before the focus, and the focus before the latest registration", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const windows: Record<string, string> = {};
  for (const [name, folder] of [["a", "/w"], ["b", "/w"], ["d", "/w/deep"], ["n", "/other"]]) {
    const { socketPath } = await startEditor(sandbox);
    windows[name!] = socketPath;
    const workspace = { folders: [folder] };
    await registry.registry.add(entryOf(name!, { socketPath, workspace }));
  }
  const gainFocus = (name: string) =>
    registry.ask("/v1/focus", { socketPath: windows[name], focused: true });
  assertEquals(await registry.find("/w/x"), windows.b);
  for (const name of ["a", "b", "a", "n"]) {
    await gainFocus(name);
    assertEquals(await registry.find("/w/x"), windows[name === "n" ? "a" : name]);
    assertEquals(await registry.find("/w/deep/x"), windows.d);
  }
  assertEquals(await registry.find("/nowhere"), windows.n);
});

Deno.test("terminals share the focus of their window, and the window's own socket ranks first", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const terminal = (name: string) =>
    registry.registry.add({
      socketPath: `/${name}-terminal.sock`,
      source: "hook",
      windowId: idOf(name),
    });
  await terminal("a");
  for (const name of ["a", "b"]) await registry.registry.add(entryOf(name));
  await focus(registry, "a", true, 100);
  assertEquals(order(registry), "a* a-terminal* b");
  await terminal("b");
  await focus(registry, "b", true, 200);
  assertEquals(order(registry), "b* b-terminal* a a-terminal");
  await terminal("c");
  await registry.registry.add(entryOf("c", { focused: true, focusedAt: 300 }));
  assertEquals(order(registry), "c* c-terminal* b b-terminal a a-terminal");
});

Deno.test("the terminals of a closed window have no focus", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const editor = await startEditor(sandbox);
  const terminal = await startEditor(sandbox);
  for (const [socketPath, source] of [[editor, "companion"], [terminal, "hook"]] as const) {
    await registry.registry.add(entryOf("a", { socketPath: socketPath.socketPath, source }));
  }
  await registry.ask("/v1/focus", { socketPath: editor.socketPath, focused: true });
  await editor.die();
  assertEquals(await registry.find("/w/x"), terminal.socketPath);
  await until("it was pruned", () => registry.registry.size === 1);
  assertEquals(registry.registry.snapshot()[0]!.focused, false);
});

Deno.test("a report about an unknown window gets a 404, and invalid reports get a 400", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  assertEquals((await focus(registry, "a", true, 1)).status, 404);
  await registry.registry.add(entryOf("a"));
  const report = { socketPath: "/a.sock", windowId: idOf("a"), focused: true };
  const wrong: [Record<string, unknown>, number, string][] = [
    [{ windowId: idOf("b") }, 404, "not registered"],
    [{ windowId: "a" }, 400, "windowId must be 32 hexadecimal digits"],
    [{ socketPath: null }, 400, "socketPath is required"],
    [{ focused: "yes" }, 400, "focused is required"],
    [{ focusedAt: -1 }, 400, "focusedAt must be a time"],
    [{ focusedAt: "NaN" }, 400, "focusedAt must be a time"],
  ];
  for (const [part, status, text] of wrong) {
    const answer = await registry.ask("/v1/focus", { ...report, ...part });
    assertEquals(answer.status, status, JSON.stringify(part));
    assertStringIncludes(answer.text, text);
  }
  assertEquals(order(registry), "a");
  assertEquals((await registry.ask("/v1/focus", report)).json, { focused: true });
  assertEquals(order(registry), "a*");
});

const TEXT = "x".repeat(300);
const WRONG_ENTRIES: Record<string, unknown>[] = [
  { windowId: "../etc" },
  { windowId: "F".repeat(32) },
  { windowId: 7 },
  { companion: TEXT },
  { companion: {} },
  { appName: TEXT },
  { remoteName: [] },
  { focused: 1 },
  { focusedAt: "now" },
  { focusedAt: -5 },
  { instanceSockets: "/a" },
  { instanceSockets: [1] },
  { instanceSockets: Array(1001).fill("/a") },
];

for (const part of WRONG_ENTRIES) {
  const shown = JSON.stringify(part).slice(0, 40);
  Deno.test(`a registration with ${shown} is refused with the name of the wrong field`, async () => {
    await using sandbox = await makeSandbox();
    const registry = await startTestRegistry(sandbox);
    const answer = await registry.ask("/add-session", { entry: { ...entryOf("a"), ...part } });
    assertEquals(answer.status, 400);
    assertStringIncludes(answer.text, `entry.${Object.keys(part)[0]}`);
    assertEquals(registry.registry.size, 0);
  });
}

Deno.test("after any reports, at most one window has the focus, and no time is in the future (fuzz)", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const random = seeded(14);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const odd = [true, false, null, undefined, 0, 1, -1, 1e300, NOW, NOW + 1e9, "", "a", [], {}];
  for (let round = 0; round < 2000; round++) {
    const name = pick(["a", "b", "c", "d"]);
    const told = { focused: pick(odd), focusedAt: pick(odd), windowId: pick([idOf(name), ...odd]) };
    const source = pick(["companion", "hook", "api", undefined]);
    const socketPath = pick([`/${name}.sock`, `/${name}2.sock`]);
    const { status } = await (random() < 0.4
      ? registry.ask("/add-session", { entry: { ...entryOf(name), ...told, source, socketPath } })
      : random() < 0.1
      ? registry.ask("/delete-session", { socketPath })
      : registry.ask("/v1/focus", { ...told, socketPath }));
    assert([200, 400, 404].includes(status), `${status}`);
    const sessions = registry.registry.snapshot();
    const focused = new Set(
      sessions.filter(({ focused }) =>
        focused
      ).map(({ windowId, socketPath }) => windowId ?? socketPath),
    );
    assert(focused.size <= 1, JSON.stringify(sessions));
    const times = sessions.map(({ focusedAt }) =>
      focusedAt ?? -1
    );
    assert(times.every((time) => time <= Date.now()), JSON.stringify(times));
    // The window with the focus comes first; behind it, the times only decrease.
    const behind = sessions.filter(({ focused }) => !focused).map(({ focusedAt }) =>
      focusedAt ?? -1
    );
    assertEquals(behind, behind.toSorted((a, b) => b - a));
    assertEquals(sessions.slice(0, sessions.length - behind.length).every((s) => s.focused), true);
  }
});

Deno.test("events report which window gained the focus and which lost it", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  for (const name of ["a", "b"]) await registry.registry.add(entryOf(name));
  await registry.registry.add({ socketPath: "/t.sock", source: "hook", windowId: idOf("a") });
  const heard: string[] = [];
  for await (const event of new RegistryClient({ socket: registry.socketPath }).watch()) {
    if (event.type === "snapshot") {
      await focus(registry, "a", true, 100);
      await focus(registry, "a", true, 100);
      await focus(registry, "b", true, 200);
      await registry.ask("/delete-session", { socketPath: "/b.sock" });
      continue;
    }
    heard.push(`${event.type} ${event.session.socketPath} ${event.session.focused}`);
    if (event.type === "removed") break;
  }
  assertEquals(heard, [
    "focused /a.sock true",
    "focused /a.sock false",
    "focused /b.sock true",
    "removed /b.sock true",
  ]);
});

Deno.test("a window that leaves the hub is probed at once, and pruned when it is dead", async () => {
  await using sandbox = await makeSandbox();
  const registry = await startTestRegistry(sandbox);
  const editor = await startEditor(sandbox);
  await registry.registry.add(entryOf("a", { socketPath: editor.socketPath }));
  const hub = registry.health().ipcSocket!;
  const connect = () => connectChannels(hub, windowContext(editor.socketPath, "companion"));
  const window = await connect();
  await registry.ask("/v1/sessions?probe=1");
  const before = editor.probes;
  window.dispose();
  await until("it is probed", () => editor.probes > before);
  assertEquals(registry.registry.size, 1);
  // An extension host ends some time after it has left the hub.
  await editor.die();
  // This registry prunes for no other reason.
  await until("it is pruned", () => registry.registry.size === 0);
});
