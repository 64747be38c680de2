import { findStaleSockets } from "../discovery/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { Check } from "./types.ts";

const SHOWN = 5;

/** Socket files on which nobody listens. */
export const filesCheck: Check = {
  name: "files",
  async run() {
    const stale = (await findStaleSockets()).map(({ path }) => printablePath(path));
    if (stale.length === 0) return [{ severity: "ok", text: "no stale socket files" }];
    const more = stale.length > SHOWN ? [`and ${stale.length - SHOWN} more`] : [];
    return [{
      severity: "note",
      text: `${stale.length} stale socket file${stale.length === 1 ? "" : "s"}`,
      details: [...stale.slice(0, SHOWN), ...more],
      fix: "sessionctl prune --files",
    }];
  },
};
