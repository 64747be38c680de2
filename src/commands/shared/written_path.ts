import { absolutePath, system, workingDirectory } from "../../platform/mod.ts";

/**
 * A folder as its user names it: absolute, with its links kept, and the current folder by the
 * path that the shell shows.
 */
export function writtenPath(path: string): string {
  return absolutePath(path, () => workingDirectory(system.env));
}
