import { assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import { eventually } from "./support/limits.ts";
import { scenario } from "./support/scenario.ts";
import type { World } from "./support/world.ts";

const PACKAGE = resolve(import.meta.dirname!, "../../dist/companion.vsix");

/** Installs the extension through the window's own command-line socket. */
async function install(world: World, socketPath: string): Promise<void> {
  await world.succeed(["extensions", "install", "--to", socketPath, PACKAGE]);
}

scenario("the companion registers an open window when it is installed", async ({ world, shot }) => {
  const folder = await world.folder("one", { "a.txt": "to be seen\n" });
  const window = await world.openWindow(folder);
  const { socketPath } = (await world.sessionOf(folder))!;
  await install(world, socketPath);
  await eventually("the session is the companion's", async () => {
    const session = await world.sessionOf(folder) as Record<string, unknown> | undefined;
    return session?.source === "companion";
  });
  const session = await world.sessionOf(folder) as unknown as Record<string, unknown>;
  await shot(window, "installed");
  const state = ["call", "--session", socketPath, "window", "state"];
  const { stdout } = await world.succeed(state);
  assertEquals(JSON.parse(stdout).activeEditor, null);
  assertEquals(session.companion, "0.1.0");
});
