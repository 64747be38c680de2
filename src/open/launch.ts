import { messageOf, SessionctlError } from "../errors.ts";
import { runsItself } from "../shell/mod.ts";

/**
 * Checks that the user's own command is not sessionctl: it would find no window either, and
 * launch itself, without an end.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function checkLaunch(command: string): void {
  if (!runsItself(command)) return;
  throw new SessionctlError("USAGE", `--launch would run sessionctl again: ${command}`, {
    hint: "name the editor itself, by its absolute path if need be",
  });
}

/**
 * Runs the user's own way to start an editor: `sh -c 'COMMAND "$@"'` with the files.
 *
 * @param files As the user named them.
 * @returns the exit code to pass on.
 * @throws {SessionctlError} `IO_ERROR` when there is no shell.
 */
export async function launch(command: string, files: readonly string[]): Promise<number> {
  // A name that begins with a dash would be read as an option.
  const operands = files.map((file) => file.startsWith("-") ? `./${file}` : file);
  try {
    // Of a program that a signal ended the runtime gives 128 + N, as a shell does.
    const { code } = await new Deno.Command("sh", {
      args: ["-c", `${command} "$@"`, "sh", ...operands],
    }).spawn().status;
    return code;
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot run --launch: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
