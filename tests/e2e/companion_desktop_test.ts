/**
 * The command-line socket that the companion serves itself, as in a desktop window. Code-server's
 * windows have the editor's own socket; here the companion serves its own anyway.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { compiled, spawn } from "../support/mod.ts";
import { ask, companionOf } from "./support/companion.ts";
import { EMPTY, packExtension } from "./support/extension.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import { EditorWindow } from "./support/window.ts";
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

scenario(
  "the companion's own socket opens files and folders in new windows",
  async ({ world, shot }) => {
    const { folder, window, send } = await open(world);
    const other = await world.folder("two", { "c.txt": "of the second folder\n" });
    const next = async (...words: string[]) => {
      const [page] = await Promise.all([window.page.waitForEvent("popup"), send(...words)]);
      const opened = new EditorWindow(page, folder);
      await opened.ready();
      return opened;
    };
    const withFile = await next("--new-window", "a.txt:3:2");
    await withFile.shows("a.txt", "third line");
    await withFile.showsCursorAt(3, 2);
    await shot(withFile, "a file in a new window");
    await withFile.close();
    const withFolder = await next("--new-window", other);
    assertEquals(new URL(withFolder.page.url()).searchParams.get("folder"), other);
    await withFolder.close();
    await next("--new-window");
    assertEquals(await window.tabs(), [], "nothing opened in the window that was asked");
  },
  desktop,
);

const HELPER = "sessionctl-test.helper";

scenario(
  "the companion's own socket shows its status, copies, browses, and manages extensions",
  async ({ world, shot }) => {
    const { folder, window, socketPath, send } = await open(world);
    const to = ["--to", socketPath];
    const { stdout: status } = await world.succeed(["open", "--status", ...to]);
    assert(status.includes(`Folder:           ${folder}\n`), status);
    assert(status.includes("whose page answers"), status);

    await send("a.txt");
    await window.showsTab("a.txt");
    await world.focus(window);
    await world.succeed(["clipboard", ...to], { stdin: "copied by a program " });
    await window.page.keyboard.press("Control+v");
    await window.shows("a.txt", "copied by a program first line");
    await shot(window, "text that a program copied, pasted");

    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("the page of a local server"),
    );
    world.sandbox.defer(() => server.shutdown());
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const [browsed] = await Promise.all([
      window.page.waitForEvent("popup"),
      world.succeed(["browse", ...to, url]),
    ]);
    await browsed.locator("body", { hasText: "the page of a local server" }).waitFor();
    await browsed.close();

    // Asks the editor, because the companion lists what runs until the window is reloaded.
    const editor = (await world.sessions()).find(({ source }) => source !== "companion")!;
    const isInstalled = async () => {
      const list = ["extensions", "list", "--to", editor.socketPath];
      return (await world.succeed(list)).stdout.includes(`${HELPER}\n`);
    };
    const file = await packExtension(world.sandbox, HELPER, EMPTY);
    await world.succeed(["extensions", "install", ...to, file]);
    await eventually("it is installed", isInstalled);
    const { stdout: own } = await world.succeed(["extensions", "list", ...to]);
    assertEquals(own, `${HELPER}\nsessionctl.companion\n`);
    await world.succeed(["extensions", "uninstall", ...to, HELPER]);
    await eventually("it is not installed", async () => !await isInstalled());
  },
  desktop,
);

scenario("terminals know their window and its folders", async ({ world, shot }) => {
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
