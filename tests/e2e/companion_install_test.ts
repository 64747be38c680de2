/**
 * `sessionctl companion install` as the only command needed in a fresh code-server, and its
 * effects.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { workspaceFolders } from "../../src/registry/session.ts";
import { compiled, run } from "../support/mod.ts";
import { companions } from "./support/companion.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { EditorWindow } from "./support/window.ts";
import type { World } from "./support/world.ts";

/**
 * Runs `companion install --all`, which affects every window of the machine, where other windows
 * are invisible. Without root, it names each window of the scenario instead.
 */
async function installEverywhere(world: World): Promise<void> {
  if (Deno.uid() !== 0) {
    const { stdout } = await world.succeed(["list", "--all", "--json"]);
    const found = JSON.parse(stdout) as { socketPath?: string }[];
    for (const { socketPath } of found) {
      if (socketPath?.startsWith(world.sandbox.directory)) {
        await world.succeed(["companion", "install", "--to", socketPath]);
      }
    }
    return;
  }
  const script = `mount -t tmpfs tmpfs /run && exec ${compiled.command} "$@"`;
  const unshare = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const apart = { ...compiled, command: "unshare", args: [...unshare, "sh", "-c", script, "sh"] };
  const result = await run(apart, world.sandbox, { args: ["companion", "install", "--all"] });
  assertEquals(result.code, 0, result.stderr);
}

async function openPages(world: World): Promise<EditorWindow[]> {
  const one = await world.folder("one", { "a.txt": "first\n", "b.txt": "1\n2\n3\n" });
  const two = await world.folder("two", { "c.txt": "third\n" });
  return [await world.openWindow(one), await world.openWindow(one), await world.openWindow(two)];
}

scenario(
  "after companion install --all, files open in the window used last without further setup",
  async ({ world, shot }) => {
    const [first, second, third] = await openPages(world) as [
      EditorWindow,
      EditorWindow,
      EditorWindow,
    ];
    await world.focus(second);
    // Simulates a code-server without registrations: the windows are found by their sockets.
    for (const { socketPath } of await world.sessions()) {
      await world.succeed(["remove", socketPath]);
    }
    assertEquals(await world.sessions(), []);
    await installEverywhere(world);
    await eventually("all windows have the companion", async () => {
      return (await companions(world)).length === 3;
    });
    const found = await companions(world);
    assertEquals(
      found.map(({ workspace }) => workspaceFolders(workspace)).sort(),
      [[first.folder], [first.folder], [third.folder]],
    );
    const file = (name: string) => join(first.folder, name);
    await world.focus(first);
    await eventually("the first has the focus", () => hasFocus(world, first.folder));
    const { stdout: table } = await world.succeed(["list"]);
    assertStringIncludes(table, "FOCUS");
    await world.succeed(["open", file("a.txt")]);
    await first.showsTab("a.txt");
    assert(!(await second.tabs()).some((name) => name === "a.txt"), "it opened in the second");

    await shot(first, "the file opened in the window that has the focus");
    const before = await focusedSocket(world);
    await world.focus(second);
    await eventually("the focus has moved", async () => await focusedSocket(world) !== before);
    await world.succeed(["open", "--goto", `${file("b.txt")}:2:1`]);
    await second.showsTab("b.txt");
    await shot(second, "the next file followed the focus");
    await eventually("where tells the place", async () => {
      const { stdout } = await world.succeed(["where"]);
      return stdout === `${first.folder}\t${file("b.txt")}:2:1\n`;
    });

    await world.focus(third);
    await eventually("the third has the focus", () => hasFocus(world, third.folder));
    await world.succeed(["open", file("b.txt")]);
    assert(!(await first.tabs()).some((name) => name === "b.txt"), "it opened in the first");
    const { stdout: where } = await world.succeed(["where", "--json"]);
    assertEquals(JSON.parse(where).folder, third.folder);
  },
);

scenario(
  "companion status and uninstall report what runs in the windows of a real editor",
  async ({ world }) => {
    const folder = await world.folder("one", { "a.txt": "first\n" });
    const window = await world.openWindow(folder);
    const status = async () => {
      const { stdout } = await world.succeed(["companion", "status", "--json"]);
      const { windows } = JSON.parse(stdout);
      return windows.find(({ folders }: { folders: string[] }) => folders.includes(folder));
    };
    assertEquals((await status()).needs, "install");
    const install = await world.succeed(["companion", "install"], { cwd: folder });
    assertStringIncludes(install.stdout, "installed");
    const { running, installed, needs } = await status();
    assertEquals([running, installed, needs], ["0.1.0", "0.1.0", null]);
    const uninstall = await world.succeed(["companion", "uninstall"], { cwd: folder });
    assertStringIncludes(uninstall.stdout, "uninstalled");
    assertStringIncludes(uninstall.stderr, "reload this window");
    await window.page.reload();
    await window.ready();
    await eventually("the window is back without the companion", async () => {
      const reloaded = await status();
      return reloaded !== undefined && reloaded.running === null;
    });
    assertEquals((await status()).needs, "install");
  },
);

async function focusedSocket(world: World): Promise<string | undefined> {
  return (await companions(world)).find(({ focused }) => focused)?.socketPath;
}

async function hasFocus(world: World, folder: string): Promise<boolean> {
  const focused = (await companions(world)).find(({ focused }) => focused);
  return focused !== undefined && workspaceFolders(focused.workspace).includes(folder);
}
