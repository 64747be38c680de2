import { fileIdentity } from "../../src/platform/mod.ts";

/** Whether there is anything at `path`, be it a link that leads nowhere. */
export function exists(path: string): boolean {
  return fileIdentity(path) !== undefined;
}
