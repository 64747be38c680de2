/**
 * The sessions that `list` shows of windows with the companion as they and the registry come and
 * go.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import type { ListedSession } from "../../src/registry/protocol.ts";
import { compiled, spawn } from "../support/mod.ts";
import { ask, companionOf, companions, untilListed } from "./support/companion.ts";
import { eventually } from "./support/limits.ts";
import { editorProcess, editorProcesses } from "./support/processes.ts";
import { scenario } from "./support/scenario.ts";
import { untilAccepting } from "./support/servers.ts";
import type { World } from "./support/world.ts";

const companion = { companion: true };
const FILES = { "a.txt": "to be seen\n", "b.txt": "too\n" };

const isCompanion = ({ source, liveness }: ListedSession) =>
  source === "companion" && liveness === "live";

scenario(
  "after a reload, list shows only the reloaded window",
  async ({ world, shot }) => {
    const folder = await world.folder("one", FILES);
    const window = await world.openWindow(folder);
    const before = await companionOf(world, folder);
    await window.page.reload();
    await window.ready();
    await untilListed(
      world,
      "the window as it was is not listed",
      (sessions) => !sessions.some(({ windowId }) => windowId === before.windowId),
    );
    // An editor activates the companion some time after the window has started.
    const after = await companionOf(world, folder);
    assertEquals((await world.sessions()).length, 1);
    assertNotEquals(after.socketPath, before.socketPath);
    await eventually(
      "the folder's socket is the reloaded window's",
      async () => (await ask(world, folder, "health")).windowId === after.windowId,
    );
    await world.succeed(["open", "--strict", join(folder, "a.txt")]);
    await window.shows("a.txt", "to be seen");
    await shot(window, "the window after its reload");
  },
  companion,
);

scenario(
  "list drops a window immediately when its page is closed or its extension host killed",
  async ({ world }) => {
    const one = await world.folder("one", FILES);
    const two = await world.folder("two", FILES);
    const first = await world.openWindow(one);
    await world.openWindow(two);
    await companionOf(world, one);
    const { windowId } = await companionOf(world, two);
    const { pid } = await ask(world, two, "health");
    await first.close();
    await untilListed(world, "one window is left", (sessions) => sessions.length === 1);
    const args = ["open", "--wait", "--strict", join(two, "a.txt")];
    const waiting = spawn(world.sandbox, compiled.command, args);
    await eventually(
      "its tab is open",
      async () => (await ask(world, two, "state")).visibleFiles.length === 1,
    );
    Deno.kill(pid, "SIGKILL");
    await untilListed(
      world,
      "the killed extension host is not listed",
      (sessions) =>
        !sessions.some((session) => session.windowId === windowId && session.liveness === "live"),
    );
    assertNotEquals(await waiting.ended, 0, "open --wait fails when its window goes");
  },
  companion,
);

scenario(
  "after a restart of the registry, and after kill -9, list shows the same windows",
  async ({ world }) => {
    const one = await world.folder("one", FILES);
    const two = await world.folder("two", FILES);
    await world.openWindow(one);
    await world.openWindow(two);
    const ids = await idsOf(world, one, two);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await world.registry.stop(signal);
      // The registry's state is lost, too: the windows report it again.
      for await (const { name } of Deno.readDir(world.sandbox.directory)) {
        if (name.startsWith("registry.db")) await Deno.remove(world.sandbox.path(name));
      }
      await world.restartRegistry(signal);
      await untilListed(
        world,
        "both windows are listed",
        (sessions) =>
          ids.every((id) =>
            sessions.some((session) => isCompanion(session) && session.windowId === id)
          ),
      );
      await eventually("both are connected to the hub", async () => {
        const { stdout } = await world.succeed(["call", "hub", "connections"]);
        return ids.every((id) => stdout.includes(`window:${id}@`));
      });
    }
  },
  companion,
);

async function idsOf(world: World, ...folders: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const folder of folders) ids.push((await companionOf(world, folder)).windowId!);
  return ids;
}

scenario(
  "a window whose browser was killed notices it, and releases the folder's socket",
  async ({ world }) => {
    const folder = await world.folder("one", FILES);
    const ghost = await world.leaveGhost(folder, isCompanion);
    await eventually("the companion knows that its page is gone", async () => {
      const { code, stdout } = await world.sessionctl(["call", "--workspace", folder, "health"]);
      return code === 0 && JSON.parse(stdout).ghost === true;
    });
    const { stdout } = await world.succeed([
      ...["call", "--session", ghost.socketPath, "window", "health"],
    ]);
    assertEquals(JSON.parse(stdout).ghost, true);
    const window = await world.openWindow(folder);
    await eventually(
      "the live window has the folder's socket",
      async () => (await ask(world, folder, "health")).status === "ok",
    );
    await world.succeed(["open", "--strict", join(folder, "a.txt")]);
    await window.shows("a.txt", "to be seen");
    assertEquals((await companions(world)).length, 2, "the ghost stays until its time is over");
  },
  companion,
);

scenario(
  "open --wait ends when the tab is closed in a window with the companion",
  async ({ world }) => {
    const folder = await world.folder("one", FILES);
    const window = await world.openWindow(folder);
    await companionOf(world, folder);
    const args = ["open", "--wait", "--strict", join(folder, "a.txt")];
    const waiting = spawn(world.sandbox, compiled.command, args);
    await window.showsTab("a.txt");
    await window.closeTab("a.txt");
    assertEquals(await waiting.ended, 0, waiting.errors.join("\n"));
  },
  companion,
);

scenario(
  "after a restart of code-server, list shows only the reloaded window",
  async ({ world }) => {
    const folder = await world.folder("one", FILES);
    const window = await world.openWindow(folder);
    const before = await companionOf(world, folder);
    const others = editorProcesses(world.sandbox);
    Deno.kill(editorProcess(world.sandbox)!, "SIGKILL");
    await untilListed(
      world,
      "the window of the killed server is not listed as live",
      (sessions) => !sessions.some(isCompanion),
    );
    await eventually("another code-server runs", () => {
      const pid = editorProcess(world.sandbox);
      return pid !== undefined && !others.includes(pid);
    });
    await untilAccepting(world.editor.socket);
    await window.page.reload();
    await window.ready();
    const after = await companionOf(world, folder);
    assertNotEquals(after.windowId, before.windowId);
    assertEquals((await world.sessions()).length, 1);
    assertEquals((await ask(world, folder, "health")).windowId, after.windowId);
  },
  companion,
);

scenario(
  "a window whose browser was killed loses the focus within 5 s",
  async ({ world }) => {
    const folder = await world.folder("one", FILES);
    const ghost = await world.leaveGhost(
      folder,
      (session) => isCompanion(session) && session.focused === true,
    );
    await untilListed(
      world,
      "no window has the focus",
      (sessions) => sessions.length === 1 && !sessions.some(({ focused }) => focused),
    );
    const { code, stderr } = await world.sessionctl(["where", "--now"]);
    assertEquals(code, 1, stderr);
    const [left] = await companions(world);
    assertEquals(left?.windowId, ghost.windowId, "it stays registered");
  },
  companion,
);
