import { absolutePath, system, workingDirectory } from "../../platform/mod.ts";
import { resolve } from "@std/path";

/**
 * A folder as its user names it: absolute, with its links kept, and the current folder by the
 * path that the shell shows.
 */
export function writtenPath(path: string): string {
  if (system.os === "windows") return resolve(path);
  return absolutePath(path, () => workingDirectory(system.env));
}
