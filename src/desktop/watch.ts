import { delay } from "@std/async/delay";
import type { DesktopWindow } from "./diagnostics.ts";
import { type DesktopEditor, findDesktopEditors, type FindDesktopOptions } from "./editors.ts";

/**
 * A desktop window that is present at the start of the watch, or that was added, changed or
 * removed.
 */
export interface DesktopChange {
  /** `added` also reports a window whose folders have changed. */
  readonly type: "present" | "added" | "removed";
  readonly editor: DesktopEditor;
  readonly window: DesktopWindow;
}

/** Options for following desktop windows. */
export interface WatchDesktopOptions extends FindDesktopOptions {
  /** Ends the loop when it aborts. */
  readonly signal?: AbortSignal;
  /** The pause between two rounds of questions, in milliseconds; 2,000 by default. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 2000;

/**
 * Follows the windows of all desktop editors. Main processes report no changes, so they are polled;
 * without a main socket, each round only reads file names.
 *
 * @example
 * ```ts
 * for await (const { type, window } of watchDesktopWindows()) console.log(type, window.title);
 * ```
 */
export async function* watchDesktopWindows(
  { signal, pauseMs = PAUSE_MS, ...options }: WatchDesktopOptions = {},
): AsyncGenerator<DesktopChange, void> {
  const tracker = new DesktopTracker();
  while (!signal?.aborted) {
    yield* tracker.apply(await findDesktopEditors(options));
    await delay(pauseMs, { signal }).catch(() => {});
  }
}

interface Known {
  readonly editor: DesktopEditor;
  readonly window: DesktopWindow;
}

/** Turns the answers of desktop editors into the changes since the previous answers. */
export class DesktopTracker {
  #known: Map<string, Known> | undefined;

  /** Returns the changes to report after these answers. */
  apply(editors: readonly DesktopEditor[]): DesktopChange[] {
    const before = this.#known;
    const now = new Map(editors.flatMap((editor) => this.#windowsOf(editor)));
    this.#known = now;
    const changes: DesktopChange[] = [];
    for (const [key, known] of before ?? []) {
      if (!now.has(key)) changes.push({ type: "removed", ...known });
    }
    for (const [key, known] of now) {
      const former = before?.get(key);
      if (former !== undefined && hasSameFolders(former.window, known.window)) continue;
      changes.push({ type: before === undefined ? "present" : "added", ...known });
    }
    return changes;
  }

  /** The windows by a stable key. An editor that hangs keeps the windows of its last answer. */
  #windowsOf(editor: DesktopEditor): [string, Known][] {
    if (editor.state !== "unresponsive") {
      return editor.windows.map((window) => [keyOf(editor, window), { editor, window }]);
    }
    return [...this.#known ?? []].filter(([, known]) =>
      known.editor.mainSocket === editor.mainSocket
    );
  }
}

/** Older editors do not report ids, but every window has its own process. */
function keyOf({ mainSocket }: DesktopEditor, { id, pid, folderUris }: DesktopWindow): string {
  const own = id ?? (pid === 0 ? folderUris.join("\n") : `pid ${pid}`);
  return `${mainSocket}\n${own}`;
}

function hasSameFolders(a: DesktopWindow, b: DesktopWindow): boolean {
  return a.folderUris.length === b.folderUris.length &&
    a.folderUris.every((uri, at) => uri === b.folderUris[at]);
}
