import { sameFile, system } from "../platform/mod.ts";
import { logFileBeside, logFilePath } from "./places.ts";

/**
 * The file that this process's stderr is redirected to.
 *
 * @param socketPath The registry's socket, which determines the name of its background log.
 * @returns undefined if stderr is not a file, or its path is unknown (outside Linux, only the usual
 * paths are known).
 */
export async function ownLogFile(socketPath: string): Promise<string | undefined> {
  const own = identityOf("/dev/fd/2");
  if (own === undefined) return undefined;
  const usual = [await logFilePath(socketPath), logFileBeside(socketPath)];
  const found = usual.find((path) => sameFile(identityOf(path), own));
  if (found !== undefined || system.os !== "linux") return found;
  try {
    return Deno.readLinkSync("/proc/self/fd/2");
  } catch {
    return undefined;
  }
}

/** The identity of a regular file; follows links. */
function identityOf(path: string): { dev: number; ino: number } | undefined {
  try {
    const { isFile, dev, ino } = Deno.statSync(path);
    return isFile ? { dev, ino: ino ?? 0 } : undefined;
  } catch {
    return undefined;
  }
}
