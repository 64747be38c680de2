import { deadline } from "@std/async/deadline";
import { plainText } from "../editor/mod.ts";
import { messageOf, SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import { COMPANION_ID } from "./install.ts";

const LIMIT_MS = 120_000;
const MAX_SAID = 300;

/**
 * Installs or uninstalls the companion with a desktop editor's own command-line program.
 *
 * @param program Its name or path, such as `code`.
 * @param file The extension's package; undefined to uninstall.
 * @returns its output.
 * @throws {SessionctlError} `NOT_FOUND` if there is no such program, `EDITOR_REFUSED` if it fails,
 * `TIMED_OUT` after two minutes.
 */
export async function installWithProgram(
  program: string,
  file: string | undefined,
): Promise<string> {
  const args = file === undefined
    ? ["--uninstall-extension", COMPANION_ID]
    : ["--install-extension", file, "--force"];
  const shown = printablePath(program);
  const stop = new AbortController();
  const output = start(program, args, stop.signal);
  try {
    const { success, stdout, stderr } = await deadline(output, LIMIT_MS);
    const text = (bytes: Uint8Array) => plainText(new TextDecoder().decode(bytes)).trim();
    if (success) return text(stdout);
    const said = text(stderr) || text(stdout) || "it gave no reason";
    throw new SessionctlError("EDITOR_REFUSED", `${shown} failed: ${said.slice(0, MAX_SAID)}`);
  } catch (error) {
    stop.abort();
    if ((error as Error).name !== "TimeoutError") throw error;
    throw new SessionctlError("TIMED_OUT", `${shown} did not end within ${LIMIT_MS / 1000} s`);
  }
}

async function start(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Deno.CommandOutput> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdin: "null", signal });
    return await command.output();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SessionctlError(
      "NOT_FOUND",
      `cannot run ${printablePath(program)}: ${messageOf(error)}`,
      { hint: "name the editor's program, such as code, codium or cursor", cause: error },
    );
  }
}
