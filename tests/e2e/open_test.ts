import { assert, assertEquals } from "@std/assert";
import { compiled, spawn } from "../support/mod.ts";
import { leaveDeadSocket } from "../registry/serve_support.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";

const LINES = "first line\nsecond line\nthird line\nfourth line\n";

scenario("open a.txt:3:2 shows the tab with the cursor there", async ({ world, shot }) => {
  const folder = await world.folder("one", { "a.txt": LINES });
  const window = await world.openWindow(folder);
  await world.succeed(["open", "a.txt:3:2"], { cwd: folder });
  await window.shows("a.txt", "third line");
  await window.showsCursorAt(3, 2);
  await shot(window, "a.txt, its cursor on line 3, column 2");
  assertEquals(await window.tabs(), ["a.txt"]);
});

scenario("open --wait returns when the tab is closed in the page", async ({ world, shot }) => {
  const folder = await world.folder("one", { "a.txt": LINES, "b.txt": "another\n" });
  const window = await world.openWindow(folder);
  const args = ["open", "--wait", window.file("a.txt")];
  const waiting = spawn(world.sandbox, compiled.command, args);
  let returned = false;
  waiting.ended.then(() => returned = true);
  await window.showsTab("a.txt");
  await world.succeed(["open", "b.txt"], { cwd: folder });
  await window.shows("b.txt", "another");
  await shot(window, "while open --wait a.txt waits");
  await window.closeTab("b.txt");
  assert(!returned, "it returned before its tab was closed");
  await window.closeTab("a.txt");
  assertEquals(await waiting.ended, 0, waiting.errors.join("\n"));
  await shot(window, "both tabs are closed, and open --wait has returned");
});

scenario("open --diff shows a diff editor", async ({ world, shot }) => {
  const folder = await world.folder("one", {
    "old.txt": LINES,
    "new.txt": LINES.replace("third", "changed"),
  });
  const window = await world.openWindow(folder);
  await world.succeed(["open", "--diff", "old.txt", "new.txt"], { cwd: folder });
  await window.showsDiff("third line", "changed line");
  await shot(window, "old.txt and new.txt side by side");
});

scenario("a stale VSCODE_IPC_HOOK_CLI does not matter", async ({ world, shot }) => {
  const folder = await world.folder("one", { "a.txt": LINES, "b.txt": LINES });
  const window = await world.openWindow(folder);
  const gone = world.sandbox.path("run", "vscode-ipc-gone.sock");
  await world.succeed(["open", "a.txt"], { cwd: folder, env: { VSCODE_IPC_HOOK_CLI: gone } });
  await window.showsTab("a.txt");
  const left = world.sandbox.path("run", "vscode-ipc-left.sock");
  leaveDeadSocket(left);
  const env = { VSCODE_IPC_HOOK_CLI: left, TMUX: world.sandbox.path("tmux") };
  await world.succeed(["open", "b.txt:2"], { cwd: folder, env });
  await window.shows("b.txt", "second line");
  await window.showsCursorAt(2, 1);
  await shot(window, "a.txt and b.txt, each opened with the variable of a window that is gone");
});

scenario(
  "sessionctl open b.txt in the integrated terminal opens in that window",
  async ({ world, shot }) => {
    const one = await world.folder("one", { "b.txt": LINES });
    const two = await world.folder("two", { "c.txt": "of the other window\n" });
    const window = await world.openWindow(one);
    const other = await world.openWindow(two);
    await window.typeInTerminal("sessionctl open b.txt:4 && echo exit code $?");
    await window.showsTab("b.txt");
    await window.showsCursorAt(4, 1);
    await eventually("the terminal shows its end", async () => {
      return /^exit code 0$/m.test(await window.terminal());
    });
    await shot(window, "b.txt, opened from the terminal below it");
    // A terminal's own window takes precedence over the window that holds the file.
    await window.typeInTerminal(`sessionctl open ${two}/c.txt`);
    await window.shows("c.txt", "of the other window");
    await shot(window, "a file of the other window's folder, opened from this window's terminal");
    assertEquals(await other.tabs(), []);
  },
);
