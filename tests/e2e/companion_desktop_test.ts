/**
 * The command-line socket that the companion serves itself, as in a desktop window, and what it
 * costs and tells. Code-server's windows have a socket of the editor's; the companion is told to
 * serve its own even so.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { compiled, spawn } from "../support/mod.ts";
import { ask, companionOf } from "./support/companion.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { World } from "./support/world.ts";

const LINES = "first line\nsecond line\nthird line\nfourth line\n";
const desktop = { companion: true, variables: { SESSIONCTL_COMPANION_SOCKET: "own" } };

async function open(world: World) {
  const opened = await openWindow(world);
  assertEquals(dirname(opened.socketPath), world.sandbox.path("run/sessionctl"));
  return opened;
}

async function openWindow(world: World) {
  const folder = await world.folder("one", {
    "a.txt": LINES,
    "b.txt": LINES.replace("third", "changed"),
    "base.txt": LINES,
    "result.txt": LINES,
  });
  const window = await world.openWindow(folder);
  const { socketPath } = await companionOf(world, folder);
  const send = (...words: string[]) =>
    world.succeed(["open", "--to", socketPath, ...words], { cwd: folder });
  return { folder, window, socketPath, send };
}

scenario(
  "the companion's own socket opens files, lines, new files, diffs and merges",
  async ({ world, shot }) => {
    const { folder, window, send } = await open(world);
    await send("a.txt:3:2");
    await window.shows("a.txt", "third line");
    await window.showsCursorAt(3, 2);
    await send("new.txt");
    await window.showsTab("new.txt");
    await window.page.keyboard.type("made here");
    await window.saveTab("new.txt");
    assertEquals(await Deno.readTextFile(join(folder, "new.txt")), "made here");
    await send("--diff", "a.txt", "b.txt");
    await window.showsDiff("third line", "changed line");
    await shot(window, "a diff that came through the companion's own socket");
    await send("--merge", "a.txt", "b.txt", "base.txt", "result.txt");
    await window.page.locator(".merge-editor").first().waitFor();
    await shot(window, "a merge that came through the companion's own socket");
  },
  desktop,
);

scenario(
  "open --wait ends through the companion's own socket when the tab is closed",
  async ({ world }) => {
    const { folder, window, socketPath } = await open(world);
    const wait = (...words: string[]) =>
      spawn(world.sandbox, compiled.command, ["open", "--to", socketPath, "--wait", ...words]);
    const file = wait(join(folder, "a.txt"));
    await window.showsTab("a.txt");
    let ended = false;
    file.ended.then(() => ended = true);
    await world.succeed(["open", "--to", socketPath, join(folder, "b.txt")]);
    await window.showsTab("b.txt");
    assert(!ended, "it ended before its tab was closed");
    await window.closeTab("b.txt");
    assert(!ended, "it ended before its tab was closed");
    await window.closeTab("a.txt");
    assertEquals(await file.ended, 0, file.errors.join("\n"));
    const gone = wait(join(folder, "a.txt"));
    await window.showsTab("a.txt");
    await window.close();
    assert(await gone.ended !== 0, "it ended well although its window was closed");
  },
  desktop,
);

scenario(
  "the companion's own socket adds and removes folders, and lists extensions",
  async ({ world }) => {
    const folder = await world.folder("one", { "a.txt": LINES });
    const other = await world.folder("two", { "c.txt": "of the second folder\n" });
    const workspace = world.sandbox.path("work", "both.code-workspace");
    await Deno.writeTextFile(workspace, JSON.stringify({ folders: [{ path: "one" }] }));
    await world.openPage(folder, `workspace=${encodeURIComponent(workspace)}`);
    const { socketPath } = await companionOf(world, folder);
    await world.succeed(["open", "--to", socketPath, "--add", other]);
    await companionOf(world, other);
    await world.succeed(["open", "--to", socketPath, "--remove", other]);
    await eventually(
      "the folder is gone",
      async () => (await ask(world, folder, "state")).folders.length === 1,
    );
    const list = ["extensions", "list", "--show-versions", "--to", socketPath];
    assertEquals((await world.succeed(list)).stdout, "sessionctl.companion@0.1.0\n");
  },
  desktop,
);

scenario("terminals are told their window and its folders", async ({ world, shot }) => {
  const { folder, window } = await openWindow(world);
  const { windowId } = await companionOf(world, folder);
  await window.typeInTerminal('echo "<$SESSIONCTL_WINDOW|$(basename "$SESSIONCTL_FOLDER")>"');
  const shown = async () => (await window.terminal()).replaceAll("\n", "");
  await eventually(
    "the terminal shows both",
    async () => (await shown()).includes(`<${windowId}|${basename(folder)}>`),
  );
  await shot(window, "a terminal that knows its window");
}, { companion: true });

scenario(
  "the editor tells how long it took to activate the companion",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": LINES });
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const window = await world.openWindow(folder);
      await companionOf(world, folder);
      await window.page.keyboard.press("F1");
      const input = window.page.locator(".quick-input-widget input");
      await input.waitFor();
      await window.page.keyboard.type("Developer: Show Running Extensions");
      await window.page.keyboard.press("Enter");
      const row = window.page.locator(".runtime-extensions-editor .extension", {
        hasText: "sessionctl companion",
      }).first();
      await row.waitFor();
      const time = await row.locator(".activation-time").textContent();
      times.push(Number(/(\d+)\s*ms/.exec(time ?? "")?.[1]));
      if (round === 0) await shot(window, "the editor's own measure of the activation");
      await window.close();
      await eventually("the window has gone", async () => (await world.sessions()).length === 0);
    }
    // A measure of the clock, so it says as much of what the machine did besides. How much of the
    // processor it takes has a limit in tests/extension/registration_test.ts.
    console.log(`the editor measured activations of ${times.join(", ")} ms`);
    assert(times.every((time) => time >= 0), times.join(", "));
  },
  { companion: true },
);
