import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { spawn } from "../support/mod.ts";
import { output } from "./support/output.ts";
import { scenario } from "./support/scenario.ts";

const LINES = "first line\nsecond line\n";

scenario(
  "git commit uses the message that is written in the page",
  async ({ world, shot }) => {
    const { sandbox } = world;
    const folder = await world.folder("one", { "a.txt": "to be committed\n" });
    const git = (...args: string[]) => output(sandbox, "git", ["-C", folder, ...args]);
    await git("init", "--quiet");
    await git("config", "user.name", "Somebody");
    await git("config", "user.email", "somebody@localhost");
    await git("add", ".");
    const window = await world.openWindow(folder);

    sandbox.env.GIT_EDITOR = "sessionctl open --wait";
    const committing = spawn(sandbox, "git", ["-C", folder, "commit"]);
    await window.shows("COMMIT_EDITMSG", "Please enter the commit message");
    await window.showsCursorAt(1, 1);
    await window.page.keyboard.type("Written in the page");
    await shot(window, "the commit's message, while git waits");
    await window.saveTab("COMMIT_EDITMSG");
    await window.closeTab("COMMIT_EDITMSG");
    assertEquals(await committing.ended, 0, committing.errors.join("\n"));
    assertEquals(await git("log", "-1", "--format=%s"), "Written in the page\n");
  },
);

scenario(
  "code-server's own -r finds the window of a file in our registry",
  async ({ world, shot }) => {
    const { sandbox, codeServer: { home } } = world;
    const first = await world.openWindow(await world.folder("one", { "a.txt": LINES }));
    const second = await world.openWindow(await world.folder("two", { "b.txt": LINES }));
    const codeServer = join(dirname(home), ".bin", "code-server");
    const asking = (socket: string, file: string) =>
      output(sandbox, codeServer, ["--session-socket", socket, "-r", file]);
    // Our registry's socket first, then the one at code-server's path, where run listens.
    await asking(sandbox.path("run/sessionctl/registry.sock"), first.file("a.txt"));
    await first.shows("a.txt", "second line");
    await asking(sandbox.path("data", "code-server-ipc.sock"), second.file("b.txt"));
    await second.shows("b.txt", "second line");
    await shot(first, "the window of the folder one, the older of two");
    await shot(second, "the window of the folder two");
    assertEquals([await first.tabs(), await second.tabs()], [["a.txt"], ["b.txt"]]);
  },
);
