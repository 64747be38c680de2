import { assertEquals } from "@std/assert";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { EditorWindow } from "./support/window.ts";
import type { World } from "./support/world.ts";

/** Windows on the folders `one` (a.txt, c.txt) and `two` (b.txt). */
async function twoWindows(world: World): Promise<[EditorWindow, EditorWindow]> {
  const one = await world.folder("one", { "a.txt": "of the first folder\n", "c.txt": "too\n" });
  const two = await world.folder("two", { "b.txt": "of the second folder\n" });
  return [await world.openWindow(one), await world.openWindow(two)];
}

async function untilSessions(world: World, ...windows: EditorWindow[]): Promise<void> {
  await eventually(
    `${windows.length} sessions are left`,
    async () => (await world.sessions()).length === windows.length,
  );
  for (const { folder } of windows) await world.untilRegistered(folder);
}

scenario(
  "with two windows on two folders each file opens in its own",
  async ({ world, shot }) => {
    const [first, second] = await twoWindows(world);
    await untilSessions(world, first, second);
    // Run outside of both folders; the older window first, which recency alone would miss.
    await world.succeed(["open", first.file("a.txt")]);
    await first.shows("a.txt", "of the first folder");
    await world.succeed(["open", second.file("b.txt")]);
    await second.shows("b.txt", "of the second folder");
    await shot(first, "the window of the folder one");
    await shot(second, "the window of the folder two");
    assertEquals(await first.tabs(), ["a.txt"]);
    assertEquals(await second.tabs(), ["b.txt"]);
  },
);

scenario("closing one window prunes one session", async ({ world, shot }) => {
  const [first, second] = await twoWindows(world);
  await untilSessions(world, first, second);
  await second.close();
  await untilSessions(world, first);
  const { code, stderr } = await world.sessionctl(["open", "--strict", second.file("b.txt")]);
  assertEquals(code, 1, stderr);
  await world.succeed(["open", second.file("b.txt")]);
  await first.shows("b.txt", "of the second folder");
  await shot(first, "the window that is left takes the file of the one that was closed");
});

scenario(
  "a restart of the registry keeps the remaining window, even after kill -9",
  async ({ world, shot }) => {
    const [first, second] = await twoWindows(world);
    await second.close();
    await untilSessions(world, first);
    for (
      const [signal, file, text] of [["SIGTERM", "c.txt", "too"], [
        "SIGKILL",
        "a.txt",
        "of the first",
      ]] as const
    ) {
      await world.restartRegistry(signal);
      await untilSessions(world, first);
      await world.succeed(["open", "--strict", first.file(file)]);
      await first.shows(file, text);
    }
    await shot(first, "files that were opened after each restart of the registry");
  },
);
