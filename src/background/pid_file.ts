import { messageOf, SessionctlError } from "../errors.ts";
import { checkWritePlace, printablePath, replaceFile } from "../platform/mod.ts";

/**
 * Writes our pid to `path`, for those who look there. It proves nothing: `sessionctl stop`
 * never goes by it.
 *
 * @returns removes the file again, unless somebody else's pid is in it by then.
 * @throws {SessionctlError} `ACCESS_DENIED` as `checkWritePlace`, `IO_ERROR`.
 */
export function writePidFile(path: string): () => void {
  checkWritePlace(path);
  try {
    replaceFile(path, `${Deno.pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw new SessionctlError(
      "IO_ERROR",
      `cannot write the pid file ${printablePath(path)}: ${messageOf(error)}`,
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
