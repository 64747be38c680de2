import { join } from "@std/path";
import type { Sandbox } from "../../../tests/support/mod.ts";
import { startStandIn } from "../lib/mod.ts";

/**
 * Starts the stand-in for a desktop editor of a sandbox's user; it ends with the sandbox.
 *
 * @param name The name of its data directory, such as `Code`.
 * @param folder The folder of its first window, below the home directory.
 * @param uris The folders of further windows.
 */
export async function startDesktopEditor(
  sandbox: Sandbox,
  name: string,
  folder: string,
  uris: readonly string[] = [],
): Promise<void> {
  const { HOME, XDG_RUNTIME_DIR } = sandbox.env;
  const editor = join(import.meta.dirname!, "editor.ts");
  const args = ["run", "-A", editor, HOME!, XDG_RUNTIME_DIR!, name, folder, ...uris];
  const standIn = await startStandIn(Deno.execPath(), args);
  sandbox.defer(standIn.stop);
}
