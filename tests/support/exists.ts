import { fileIdentity } from "../../src/platform/mod.ts";

/** Whether `path` exists, even as a dangling symlink. */
export function exists(path: string): boolean {
  return fileIdentity(path) !== undefined;
}
