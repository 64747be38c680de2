import { absolutePath, system, workingDirectory } from "../../platform/mod.ts";

/**
 * A folder as the user names it: absolute, with links kept, and relative to the current folder that
 * the shell shows.
 */
export function writtenPath(path: string): string {
  return absolutePath(path, () => workingDirectory(system.env));
}
