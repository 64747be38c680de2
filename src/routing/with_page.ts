import { firstLive } from "../editor/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { LivenessCache } from "./liveness.ts";
import type { Walk } from "./walk.ts";

const PAGES_AT_ONCE = 16;
/** A page that keeps us waiting for longer is no reason to wait with the others. */
const PATIENCE_MS = 200;

/** What is told of a page where no other window can be taken. */
export const UNSEEN = "does not answer: it shows what is opened once it is back";

/** Names a window's page. */
export function pageOf({ socketPath }: { readonly socketPath: string }): string {
  return `the page of the window at ${printablePath(socketPath)}`;
}

/**
 * The first of these live windows whose page answers; the first of all if none does. Where there
 * is no choice, no window is asked.
 *
 * @param windows The best first.
 */
export async function withPage<T extends { readonly socketPath: string }>(
  windows: readonly T[],
  liveness: LivenessCache,
  walk: Walk,
): Promise<T | undefined> {
  const [best] = windows;
  if (best === undefined || windows.length === 1) return best;
  const found = await firstLive(windows, {
    probe: async ({ socketPath }) => await liveness.hasPage(socketPath) ? "live" : "unresponsive",
    concurrency: PAGES_AT_ONCE,
    patienceMs: PATIENCE_MS,
  });
  if (found?.liveness !== "live") {
    walk.tell(`${pageOf(best)} ${UNSEEN}`);
    return best;
  }
  if (found.value !== best) walk.tell(`${pageOf(best)} does not answer: another window is used`);
  return found.value;
}
