/** Of several windows, the one used last gets a file. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { compiled, spawn } from "../support/mod.ts";
import { ask, companionOf, companions, listen } from "./support/companion.ts";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { EditorWindow } from "./support/window.ts";
import type { World } from "./support/world.ts";

const companion = { companion: true };

interface FocusEvent {
  readonly windowId: string;
  readonly focused: boolean;
  readonly focusedAt: number;
}

/** Brings a window to the front, and waits until the registry knows it. */
async function focus(world: World, window: EditorWindow, windowId: string): Promise<void> {
  await world.focus(window);
  await eventually(
    "the registry knows of the focus",
    async () =>
      (await companions(world)).some((session) => session.windowId === windowId && session.focused),
  );
}

/** Whether the window has the folder's socket, which has no owner during a handover. */
async function owns(world: World, folder: string, windowId: string): Promise<boolean> {
  const answer = await ask(world, folder, "health").catch(() => undefined);
  return answer?.windowId === windowId;
}

scenario(
  "of two windows on one folder, the one used last gets each file and owns the socket",
  async ({ world, shot }) => {
    const folder = await world.folder("one", {
      "a.txt": "for the first\n",
      "b.txt": "for the second\n",
      "c.txt": "for the first again\n",
    });
    const first = await world.openWindow(folder);
    const { windowId: one } = await companionOf(world, folder);
    const second = await world.openWindow(folder);
    let two: string | undefined;
    await eventually("both windows are registered", async () => {
      two = (await companions(world)).find(({ windowId }) => windowId !== one)?.windowId;
      return two !== undefined;
    });
    const heard = listen(world, folder, "focus");
    for (
      const [window, id, file, text] of [
        [first, one!, "a.txt", "for the first"],
        [second, two!, "b.txt", "for the second"],
        [first, one!, "c.txt", "for the first again"],
      ] as const
    ) {
      await focus(world, window, id);
      await world.succeed(["open", "--strict", join(folder, file)]);
      await window.shows(file, text);
      await eventually(
        "its window has the folder's socket",
        () => owns(world, folder, id),
      );
    }
    assertEquals(await first.tabs(), ["a.txt", "c.txt"]);
    assertEquals(await second.tabs(), ["b.txt"]);
    assertEquals(heard.lines.length > 0, true, "a subscriber hears of the focus");
    await shot(first, "the window that was used first and last");
    await shot(second, "the window that was used in between");
    await first.close();
    await eventually(
      "the window that is left has the folder's socket",
      () => owns(world, folder, two!),
    );
  },
  companion,
);

scenario(
  "with two windows on two folders, a file of neither opens in the one used last",
  async ({ world, shot }) => {
    const one = await world.folder("one", { "a.txt": "of the first folder\n" });
    const two = await world.folder("two", { "b.txt": "of the second folder\n" });
    const other = await world.folder("other", { "x.txt": "of no folder\n", "y.txt": "of none\n" });
    const first = await world.openWindow(one);
    const second = await world.openWindow(two);
    const ids = [await companionOf(world, one), await companionOf(world, two)]
      .map(({ windowId }) => windowId!);
    await focus(world, first, ids[0]!);
    await world.succeed(["open", join(other, "x.txt")]);
    await first.shows("x.txt", "of no folder");
    await focus(world, second, ids[1]!);
    await world.succeed(["open", join(other, "y.txt")]);
    await second.shows("y.txt", "of none");
    // A window that has the file's folder wins over the focused one.
    await world.succeed(["open", join(one, "a.txt")]);
    await first.shows("a.txt", "of the first folder");
    await shot(first, "the window on the first folder");
    await shot(second, "the window on the second folder");
  },
  companion,
);

scenario(
  "a window reports each change of its focus in order, with its id and the time",
  async ({ world }) => {
    const one = await world.folder("one", { "a.txt": "first\n" });
    const two = await world.folder("two", { "b.txt": "second\n" });
    const first = await world.openWindow(one);
    const second = await world.openWindow(two);
    const { windowId, instanceSockets } = await companionOf(world, one);
    const other = (await companionOf(world, two)).windowId!;
    await focus(world, second, other);
    const own = (instanceSockets as string[]).find((path) => path.endsWith(`${windowId}.sock`))!;
    const before = Date.now();
    const heard = spawn(world.sandbox, compiled.command, [
      ...["call", "--to", own, "--listen", "focus"],
    ]);
    const changes = () => heard.lines.map((line) => JSON.parse(line) as FocusEvent);
    // The first changes may happen before the subscriber listens.
    await eventually("four changes are reported", async () => {
      await focus(world, first, windowId!);
      await focus(world, second, other);
      return changes().length >= 4 && !changes().at(-1)!.focused;
    });
    const told = changes();
    const alternate = told.map((_, at) => (told.length - at) % 2 === 0);
    assertEquals(told.map(({ focused }) => focused), alternate, "each change is reported once");
    assertEquals([...new Set(told.map((event) => event.windowId))], [windowId]);
    const times = [before, ...told.map(({ focusedAt }) => focusedAt), Date.now()];
    assertEquals(times, [...times].sort((a, b) => a - b), "each is later than the previous one");
  },
  companion,
);
