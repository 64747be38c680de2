import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { eventually } from "./support/limits.ts";
import { editorProcess, editorProcesses } from "./support/processes.ts";
import { scenario } from "./support/scenario.ts";
import { RUN_NAME, untilAccepting } from "./support/servers.ts";

scenario(
  "the windows of code-server register at its very first start, when its data folder does not exist yet",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": "at the first start\n" });
    const window = await world.openWindow(folder);
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.shows("a.txt", "at the first start");
    await shot(window, "a file in a code-server that was never started before");
  },
  { firstStart: true },
);

scenario(
  "after kill -9 of code-server, run restarts it and the reloaded page registers again",
  async ({ world, shot }) => {
    const folder = await world.folder("one", { "a.txt": "before\n", "b.txt": "after\n" });
    const window = await world.openWindow(folder);
    await world.succeed(["open", "a.txt"], { cwd: folder });
    await window.showsTab("a.txt");
    const before = await world.sessionOf(folder);
    const killed = editorProcess(world.sandbox);

    assert(killed !== undefined, "code-server runs");
    const others = editorProcesses(world.sandbox);
    Deno.kill(killed, "SIGKILL");
    await eventually("another code-server runs", () => {
      const pid = editorProcess(world.sandbox);
      return pid !== undefined && !others.includes(pid);
    });
    await untilAccepting(world.editor.socket);
    await window.page.reload();
    await window.ready();
    await eventually("the page has registered again", async () => {
      const sessions = await world.sessions();
      return sessions.length === 1 && sessions[0]!.socketPath !== before?.socketPath;
    });

    const list = await world.succeed(["run", "--list", "--json"]);
    const [run] = JSON.parse(list.stdout) as { name: string; restarts: number }[];
    assertEquals([run?.name, run?.restarts], [RUN_NAME, 1], list.stdout);
    const after = await world.sessionOf(folder);
    assertNotEquals(after?.socketPath, before?.socketPath);
    await world.succeed(["open", "b.txt"], { cwd: folder });
    await window.shows("b.txt", "after");
    await shot(window, "the reloaded page, with the file that was opened after the kill");
    assertEquals((await window.tabs()).at(-1), "b.txt");
  },
);

scenario("kill -9 of run leaves no code-server behind", async ({ world, shot }) => {
  const window = await world.openWindow(await world.folder("one", { "a.txt": "open\n" }));
  await shot(window, "the window whose code-server goes with run");
  assert(editorProcesses(world.sandbox).length > 2, "code-server, its child and a window's run");
  world.editor.process.child.kill("SIGKILL");
  await eventually("all of it is gone", () => editorProcesses(world.sandbox).length === 0);
});
