import { reasonOf, SessionctlError } from "../errors.ts";
import { checkWritePlace, printablePath, replaceFile } from "../platform/mod.ts";

/**
 * Writes our pid to `path`, for other programs. The file proves nothing: `sessionctl stop` never
 * uses it.
 *
 * @returns a function that removes the file, unless it contains another pid by then.
 * @throws {SessionctlError} `ACCESS_DENIED` as `checkWritePlace`, `IO_ERROR`.
 */
export function writePidFile(path: string): () => void {
  checkWritePlace(path);
  try {
    replaceFile(path, `${Deno.pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw new SessionctlError(
      "IO_ERROR",
      `cannot write the pid file ${printablePath(path)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  return () => removePidFile(path, Deno.pid);
}

/** Removes a pid file if it names `pid`. */
export function removePidFile(path: string, pid: number): void {
  try {
    if (Deno.readTextFileSync(path).trim() === String(pid)) Deno.removeSync(path);
  } catch { /* it is gone, or was never there */ }
}
