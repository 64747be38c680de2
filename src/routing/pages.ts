import { firstLive } from "../editor/mod.ts";
import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { EditorDestination, WindowDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { Walk } from "./walk.ts";

const PAGES_AT_ONCE = 16;
/** A page that keeps us waiting for longer is no reason to wait with the others. */
const PATIENCE_MS = 200;

/** What is told of a page where no other window can be taken. */
const UNSEEN = "does not answer: it shows what is opened once it is back";

/** Names a window's page. */
function pageOf({ socketPath }: { readonly socketPath: string }): string {
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

/** Whether windows are seen: a window may be live and have no page that shows what it is told. */
export class Pages {
  readonly #liveness: LivenessCache;
  readonly #walk: Walk;
  readonly #inTerminal: boolean;

  constructor(context: SystemContext, liveness: LivenessCache, walk: Walk) {
    this.#liveness = liveness;
    this.#walk = walk;
    this.#inTerminal = context.env("TERM_PROGRAM") === "vscode" && !isMultiplexed(context);
  }

  /** Whether somebody sees what the window is told, as far as that can be known. */
  async isSeen(window: WindowDestination): Promise<boolean> {
    if (window.kind !== "editor") return true;
    // Whoever types in an integrated terminal has its page in front of them.
    return (window.step === "hook" && this.#inTerminal) ||
      await this.#liveness.hasPage(window.socketPath);
  }

  /** Tells the user that another window is used because nobody sees this one. */
  tellOfOther(window: EditorDestination): void {
    this.#walk.tell(`${pageOf(window)} does not answer: another window is used`);
  }

  /**
   * Tells the user of windows that were told something and that nobody sees. Asking afterwards
   * delays nothing, and no other window could be told instead.
   */
  async tellOfUnseen(windows: readonly WindowDestination[]): Promise<void> {
    await Promise.all(windows.map(async (window) => {
      if (window.kind !== "editor" || await this.isSeen(window)) return;
      this.#walk.tell(`${pageOf(window)} ${UNSEEN}`);
    }));
  }
}

/** Whether a terminal multiplexer runs, whose environment may be another window's. */
export function isMultiplexed(context: SystemContext): boolean {
  return Boolean(context.env("TMUX") || context.env("STY"));
}
