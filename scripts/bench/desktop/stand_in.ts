import { join } from "@std/path";
import type { Sandbox } from "../../../tests/support/mod.ts";

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
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", join(import.meta.dirname!, "editor.ts")],
      ...[HOME!, XDG_RUNTIME_DIR!, name, folder, ...uris],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  sandbox.defer(async () => {
    child.kill("SIGTERM");
    await child.status;
  });
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    if (decoder.decode(chunk, { stream: true }).includes("ready")) return;
  }
  throw new Error(`the stand-in of ${name} did not start`);
}
