import * as vscode from "vscode";
import { pageAnswers } from "./page.ts";

/** Whether the window has the focus, and when it had it last. */
export interface Focus {
  readonly focused: boolean;
  /** Time of the last focus in milliseconds since the epoch; absent if there was none yet. */
  readonly focusedAt?: number;
}

/** Interval of asking the page of a focused window: with its time limit, within 5 s. */
const CHECK_MS = 2500;

/**
 * Follows the focus of the window. The editor reports when the page gains or loses it. A page that
 * has gone reports nothing, so a remote window in focus also asks its page.
 */
export class FocusTracker implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<Focus>();
  readonly #subscription: vscode.Disposable;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #now: Focus;
  /** Time when the page was last known to exist. */
  #pageAt = Date.now();

  constructor() {
    const { focused } = vscode.window.state;
    this.#now = focused ? { focused, focusedAt: this.#pageAt } : { focused };
    this.#subscription = vscode.window.onDidChangeWindowState(() => this.#pageTold());
    // The page and the extension host of a local window end together.
    if (vscode.env.remoteName === undefined) return;
    this.#timer = setInterval(() => void this.#askPage(), CHECK_MS);
  }

  get now(): Focus {
    return this.#now;
  }

  readonly onDidChange = this.#changed.event;

  #pageTold(): void {
    this.#pageAt = Date.now();
    this.#set(vscode.window.state.focused, this.#pageAt);
  }

  async #askPage(): Promise<void> {
    if (!vscode.window.state.focused) return;
    if (await pageAnswers()) this.#pageTold();
    else this.#set(false, this.#pageAt);
  }

  #set(focused: boolean, focusedAt: number): void {
    // The window's state has other parts, whose changes fire the same event.
    if (focused === this.#now.focused) return;
    this.#now = { focused, focusedAt };
    this.#changed.fire(this.#now);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

/** Whether the user focused `a` later than `b`; the window that has the focus comes first. */
export function isLater(a: Focus, b: Focus): boolean {
  if (a.focused !== b.focused) return a.focused;
  return (a.focusedAt ?? 0) > (b.focusedAt ?? 0);
}
