import { join } from "@std/path";
import { SessionctlError } from "../errors.ts";
import { endSignals, onSignals, signalExitCode } from "../platform/mod.ts";

/**
 * In the program, the package is beside the code; in the sources, it is where the build puts it.
 */
function packagePaths(): string[] {
  const here = import.meta.dirname!;
  return [join(here, "companion.vsix"), join(here, "../../dist/companion.vsix")];
}

/**
 * Returns the extension's package for installation in an editor.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if this program was built without it.
 */
async function companionPackage(): Promise<Uint8Array<ArrayBuffer>> {
  for (const path of packagePaths()) {
    try {
      return await Deno.readFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new SessionctlError("NOT_SUPPORTED", "this program was built without the companion", {
    hint: "build it with: deno task compile",
  });
}

/**
 * Calls `action` with a temporary file of the extension, and removes the file afterwards, also if a
 * signal ends the program.
 *
 * @param options `forOthers`: whether another user's editor reads the file.
 * @throws {SessionctlError} `NOT_SUPPORTED` if this program was built without the extension; the
 * errors of `action`.
 */
export async function withPackageFile<T>(
  action: (path: string) => Promise<T>,
  options: { readonly forOthers?: boolean } = {},
): Promise<T> {
  const bytes = await companionPackage();
  const path = await Deno.makeTempFile({ prefix: "sessionctl-companion-", suffix: ".vsix" });
  const remove = () => {
    try {
      Deno.removeSync(path);
    } catch { /* Somebody tidied up. */ }
  };
  const stop = onSignals(endSignals(), (signal) => {
    remove();
    Deno.exit(signalExitCode(signal));
  });
  try {
    await Deno.writeFile(path, bytes);
    if (options.forOthers) await Deno.chmod(path, 0o644);
    return await action(path);
  } finally {
    remove();
    stop();
  }
}
