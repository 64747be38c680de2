/** Every method and event of the companion extension, in a real extension host. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { workspaceFolders } from "../../src/registry/session.ts";
import { compiled, spawn } from "../support/mod.ts";
import { ask, companionOf, companions, listen } from "./support/companion.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { EditorWindow } from "./support/window.ts";
import type { World } from "./support/world.ts";

const LINES = "first line\nsecond line\nthird line\nfourth line\n";
const FILES = { "a.txt": LINES, "b.txt": "another\n", "broken.json": '{ "a": }\n' };
const COMMAND = "workbench.action.files.saveAll";
const companion = { companion: true, settings: { "sessionctl.allowedCommands": [COMMAND] } };

async function open(world: World): Promise<{ folder: string; window: EditorWindow }> {
  const folder = await world.folder("one", FILES);
  const window = await world.openWindow(folder);
  await companionOf(world, folder);
  return { folder, window };
}

scenario(
  "a window with the companion is registered with its folder and focus, without a terminal",
  async ({ world, shot }) => {
    const { folder, window } = await open(world);
    await world.focus(window);
    const session = await companionOf(world, folder);
    assertEquals(workspaceFolders(session.workspace), [folder]);
    assertEquals([session.kind, session.companion], ["code-server", "0.1.0"]);
    const health = await ask(world, folder, "health");
    assertEquals([health.status, health.workspace, health.windowId], [
      "ok",
      folder,
      session.windowId,
    ]);
    await eventually("it has the focus", async () => (await ask(world, folder, "health")).focused);
    await shot(window, "a window whose companion has registered it");
  },
  companion,
);

scenario(
  "state, diagnostics, reveal, diff, open and focus match what the page shows",
  async ({ world, shot }) => {
    const { folder, window } = await open(world);
    await ask(world, folder, "open", {
      fileURIs: [`file://${folder}/a.txt:3:2`],
      gotoLineMode: true,
    });
    await window.shows("a.txt", "third line");
    await window.showsCursorAt(3, 2);
    const state = await ask(world, folder, "state");
    assertEquals(state.activeEditor.path, join(folder, "a.txt"));
    assertEquals(state.activeEditor.selection.start, { line: 3, column: 2 });
    const place = { path: join(folder, "b.txt"), line: 1, column: 1, endColumn: 8 };
    const revealed = await ask(world, folder, "reveal", place);
    assertEquals(revealed.selection.end, { line: 1, column: 8 });
    await window.shows("b.txt", "another");
    assertEquals((await ask(world, folder, "state")).activeEditor.selectedText, "another");
    await ask(world, folder, "diff", { left: join(folder, "a.txt"), right: join(folder, "b.txt") });
    await window.showsDiff("third line", "another");
    await shot(window, "a diff that a program asked for");
    await ask(world, folder, "reveal", { path: join(folder, "broken.json") });
    await eventually(
      "the page counts a problem",
      async () => (await ask(world, folder, "state")).diagnostics.errors > 0,
    );
    const { files } = await ask(world, folder, "diagnostics", {
      path: join(folder, "broken.json"),
    });
    assertEquals(files[0].diagnostics[0].severity, "error");
    assertEquals(files[0].diagnostics[0].start.line, 1);
    const problems = await window.page.locator("#status\\.problems").textContent();
    assertEquals(Number(/\d+/.exec(problems ?? "")?.[0]), files[0].diagnostics.length);
    await shot(window, "the page's count of problems, which diagnostics tells, too");
    await window.page.keyboard.press("Control+Shift+E");
    await ask(world, folder, "focus");
    await window.page.keyboard.type("x");
    await eventually(
      "what is typed goes into the editor",
      async () => (await ask(world, folder, "state")).dirtyFiles.length === 1,
    );
    const [dirty] = (await ask(world, folder, "state")).dirtyFiles;
    assertEquals(dirty.path, join(folder, "broken.json"));
  },
  companion,
);

scenario("runCommand runs only the commands that the user's settings allow", async ({ world }) => {
  const { folder, window } = await open(world);
  await ask(world, folder, "reveal", { path: join(folder, "b.txt") });
  await window.showsTab("b.txt");
  await window.page.keyboard.type("typed ");
  await eventually(
    "the file is dirty",
    async () => (await ask(world, folder, "state")).dirtyFiles.length === 1,
  );
  await ask(world, folder, "runCommand", { command: COMMAND });
  await eventually(
    "the file is saved",
    async () => (await Deno.readTextFile(join(folder, "b.txt"))).startsWith("typed another"),
  );
  const settings = join(folder, ".vscode/settings.json");
  const other = "workbench.action.closeAllEditors";
  await Deno.mkdir(join(folder, ".vscode"));
  await Deno.writeTextFile(settings, JSON.stringify({ "sessionctl.allowedCommands": [other] }));
  const params = JSON.stringify({ command: other });
  for (let at = 0; at < 5; at++) {
    const refused = await world.sessionctl(["call", "--workspace", folder, "runCommand", params]);
    assertEquals(refused.code, 1);
    assert(refused.stderr.includes("is not allowed"), refused.stderr);
  }
  assertEquals(await window.tabs(), ["b.txt"]);
}, companion);

scenario("the window pushes activeEditor and saved, also on the hub", async ({ world }) => {
  const { folder, window } = await open(world);
  const names = ["activeEditor", "saved"] as const;
  const heard = Object.fromEntries(names.map((name) => [name, listen(world, folder, name)]));
  const { socketPath } = await companionOf(world, folder);
  const hub = spawn(world.sandbox, compiled.command, [
    ...["call", "--session", socketPath, "window", "--listen", "activeEditor"],
  ]);
  const untilHeard = (name: string, text: string, act: () => Promise<unknown>) =>
    eventually(`${name} tells of ${text}`, async () => {
      await act();
      return heard[name]!.lines.some((line) => line.includes(text));
    });
  let at = 0;
  await untilHeard(
    "activeEditor",
    "b.txt",
    () => ask(world, folder, "reveal", { path: join(folder, ++at % 2 === 0 ? "b.txt" : "a.txt") }),
  );
  await eventually(
    "the hub's listener hears it, too",
    () => hub.lines.some((line) => line.includes("b.txt")),
  );
  await ask(world, folder, "reveal", { path: join(folder, "a.txt") });
  await window.showsTab("a.txt");
  await window.page.keyboard.type("y");
  await window.saveTab("a.txt");
  await untilHeard("saved", "a.txt", () => Promise.resolve());
}, companion);

scenario(
  "a folder added to a workspace is reported, and its files open in the window",
  async ({ world, shot }) => {
    const one = await world.folder("one", FILES);
    const two = await world.folder("two", { "c.txt": "of the second folder\n" });
    const workspace = world.sandbox.path("work", "both.code-workspace");
    await Deno.writeTextFile(workspace, JSON.stringify({ folders: [{ path: "one" }] }));
    const window = await world.openPage(one, `workspace=${encodeURIComponent(workspace)}`);
    const { windowId, socketPath } = await companionOf(world, one);
    const folders = listen(world, one, "folders");
    await eventually("the folder is told", async () => {
      await world.succeed(["open", "--to", socketPath, "--add", two]);
      return folders.lines.length > 0;
    });
    assertEquals(JSON.parse(folders.lines[0]!).folders.length, 2);
    const session = await companionOf(world, two);
    assertEquals(session.windowId, windowId, "the window is the same as before");
    assertEquals((await ask(world, two, "health")).workspace, two);
    await world.succeed(["open", "--strict", join(two, "c.txt")]);
    await window.shows("c.txt", "of the second folder");
    await shot(window, "a file of a folder that was added");
    assertEquals((await companions(world)).length, 1);
  },
  companion,
);

scenario(
  "a window on an untrusted folder is registered, and refuses actions",
  async ({ world, shot }) => {
    const { folder, window } = await open(world);
    assertEquals((await ask(world, folder, "health")).trusted, false);
    assertEquals((await ask(world, folder, "state")).activeEditor, null);
    const params = JSON.stringify({ path: join(folder, "a.txt") });
    const refused = await world.sessionctl(["call", "--workspace", folder, "reveal", params]);
    assertEquals(refused.code, 1);
    assert(refused.stderr.includes("is not trusted"), refused.stderr);
    assertEquals(await window.tabs(), []);
    await shot(window, "a restricted window");
  },
  {
    companion: true,
    workspaceTrust: true,
    settings: {
      "security.workspace.trust.enabled": true,
      "security.workspace.trust.startupPrompt": "never",
      "security.workspace.trust.banner": "never",
    },
  },
);
