import { SessionctlError } from "../errors.ts";

/**
 * Runs the user's own way to start an editor: `sh -c 'COMMAND "$@"'` with the files.
 *
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
    throw new SessionctlError("IO_ERROR", `cannot run --launch: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
