import { firstLive } from "../editor/mod.ts";
import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { EditorDestination, WindowDestination } from "./destination.ts";
import type { LivenessCache } from "./liveness.ts";
import type { Walk } from "./walk.ts";

const PAGES_AT_ONCE = 16;
/** How long to wait for a page before the next ones are asked, too, in milliseconds. */
const PATIENCE_MS = 200;

/** The notice about a page if no other window can be used. */
const UNSEEN = "does not answer: it shows what is opened once it is back";

/** Describes a window's page. */
function pageOf({ socketPath }: { readonly socketPath: string }): string {
  return `the page of the window at ${printablePath(socketPath)}`;
}

/**
 * The first of these live windows whose page answers, or the first window if none does. A single
 * window is not asked.
 *
 * @param windows Live windows, best first.
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

/** Tracks whether the user sees a window: a live window may have no page that shows anything. */
export class Pages {
  readonly #liveness: LivenessCache;
  readonly #walk: Walk;
  readonly #inTerminal: boolean;

  constructor(context: SystemContext, liveness: LivenessCache, walk: Walk) {
    this.#liveness = liveness;
    this.#walk = walk;
    this.#inTerminal = context.env("TERM_PROGRAM") === "vscode" && !isMultiplexed(context);
  }

  /** Whether the user sees a message to the window, as far as that can be known. */
  async isSeen(window: WindowDestination): Promise<boolean> {
    if (window.kind !== "editor") return true;
    // A user who types in an integrated terminal sees its page.
    return (window.step === "hook" && this.#inTerminal) ||
      await this.#liveness.hasPage(window.socketPath);
  }

  /**
   * Starts to ask the page of a window that gets a message, so that {@linkcode tellOfUnseen} need
   * not wait for it afterwards.
   */
  ask(window: WindowDestination): void {
    void this.isSeen(window);
  }

  /** Tells the user that another window is used because this one is not visible. */
  tellOfOther(window: EditorDestination): void {
    this.#walk.tell(`${pageOf(window)} does not answer: another window is used`);
  }

  /**
   * Tells the user which windows received a message but are not visible. No other window could have
   * been used.
   */
  async tellOfUnseen(windows: readonly WindowDestination[]): Promise<void> {
    await Promise.all(windows.map(async (window) => {
      if (window.kind !== "editor" || await this.isSeen(window)) return;
      this.#walk.tell(`${pageOf(window)} ${UNSEEN}`);
    }));
  }
}

/** Whether a terminal multiplexer runs, whose environment may come from another window. */
export function isMultiplexed(context: SystemContext): boolean {
  return Boolean(context.env("TMUX") || context.env("STY"));
}
