import { assert, assertEquals } from "@std/assert";
import { alone, compiled, run } from "../support/mod.ts";
import { eventually } from "./support/limits.ts";
import { agentHostSocket } from "./support/processes.ts";
import { scenario } from "./support/scenario.ts";
import type { EditorWindow } from "./support/window.ts";
import type { World } from "./support/world.ts";

const WAIT_MS = 3000;

/** The program in an environment where other editors of this machine are invisible. */
const program = alone(compiled);

/** Runs `open FILE`, which must fail as soon as a user would expect. */
async function failsInTime(world: World, file: string): Promise<void> {
  const started = performance.now();
  const { code, stderr } = await run(program, world.sandbox, { args: ["open", file] });
  assertEquals(code, 1, stderr);
  assert(performance.now() - started < WAIT_MS, `${performance.now() - started} ms\n${stderr}`);
}

/** Opens files from several places; each must open in the window that holds it. */
async function everyFileLands(
  world: World,
  first: EditorWindow,
  second: EditorWindow,
  env: Record<string, string> = {},
): Promise<void> {
  await world.succeed(["open", first.file("a.txt")], { env });
  await first.shows("a.txt", "of the first folder");
  await world.succeed(["open", "b.txt"], { cwd: second.folder, env });
  await second.shows("b.txt", "of the second folder");
  // A file of neither folder opens in the window of the current folder.
  await world.succeed(["open", world.sandbox.path("work", "outside.txt")], {
    cwd: first.folder,
    env,
  });
  await first.shows("outside.txt", "of no folder");
  assertEquals(await first.tabs(), ["a.txt", "outside.txt"]);
  assertEquals(await second.tabs(), ["b.txt"]);
}

async function twoWindows(world: World): Promise<[EditorWindow, EditorWindow]> {
  const one = await world.folder("one", { "a.txt": "of the first folder\n" });
  const two = await world.folder("two", { "b.txt": "of the second folder\n" });
  await Deno.writeTextFile(world.sandbox.path("work", "outside.txt"), "of no folder\n");
  return [await world.openWindow(one), await world.openWindow(two)];
}

scenario(
  "beside a running agent host, every file opens in its window, and with every page closed, open fails in time",
  async ({ world, shot }) => {
    const [first, second] = await twoWindows(world);
    await eventually("an agent host runs", () => agentHostSocket(world.sandbox) !== undefined);
    const host = agentHostSocket(world.sandbox)!;
    await everyFileLands(world, first, second, { VSCODE_IPC_HOOK_CLI: host });
    await shot(first, "the window of the folder one");
    await shot(second, "the window of the folder two");

    await first.close();
    await second.close();
    await eventually("no session is left", async () => (await world.sessions()).length === 0);
    assertEquals(agentHostSocket(world.sandbox), host, "the agent host goes on");
    await failsInTime(world, first.file("a.txt"));
    const { code, stdout } = await run(program, world.sandbox, {
      args: ["env", "--shell", "bash"],
    });
    assertEquals([code, stdout], [1, "unset VSCODE_IPC_HOOK_CLI\n"]);
  },
  { newestOnly: true },
);

scenario(
  "with every page closed, open fails within 3 s",
  async ({ world }) => {
    const [first, second] = await twoWindows(world);
    await everyFileLands(world, first, second);
    await first.close();
    await second.close();
    await eventually("no session is left", async () => (await world.sessions()).length === 0);
    await failsInTime(world, first.file("a.txt"));
  },
);
