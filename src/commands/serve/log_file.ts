import { createOutput, exitCodeOf, type Output } from "../../cli/mod.ts";
import { reasonOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";

/**
 * Runs a command and appends its results and messages, including errors, to a file. On Windows,
 * another process cannot redirect them without opening a window.
 *
 * @returns the command's exit code.
 * @throws {SessionctlError} `IO_ERROR` if the file cannot be written.
 */
export async function withLogFile(
  path: string,
  { json, quiet, verbose }: Output,
  run: (output: Output) => Promise<number>,
): Promise<number> {
  using file = openLog(path);
  const output = createOutput({ json, quiet, verbose }, { stdout: file, stderr: file });
  try {
    return await run(output);
  } catch (error) {
    output.error(error);
    return exitCodeOf(error);
  }
}

function openLog(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { append: true, create: true });
  } catch (error) {
    const text = `cannot write the log ${printablePath(path)}: ${reasonOf(error)}`;
    throw new SessionctlError("IO_ERROR", text, { cause: error });
  }
}
