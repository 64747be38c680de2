import * as vscode from "vscode";

/** Whether the window has the focus, and when it had it last. */
export interface Focus {
  readonly focused: boolean;
  /** In milliseconds since the epoch; absent if it has not had the focus yet. */
  readonly focusedAt?: number;
}

/** Follows the focus of the window. */
export class FocusTracker implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<Focus>();
  readonly #subscription: vscode.Disposable;
  #now: Focus;

  constructor() {
    const { focused } = vscode.window.state;
    this.#now = focused ? { focused, focusedAt: Date.now() } : { focused };
    this.#subscription = vscode.window.onDidChangeWindowState(({ focused }) => this.#tell(focused));
  }

  get now(): Focus {
    return this.#now;
  }

  readonly onDidChange = this.#changed.event;

  #tell(focused: boolean): void {
    // The state has other parts, too, whose changes fire the same event.
    if (focused === this.#now.focused) return;
    this.#now = { focused, focusedAt: Date.now() };
    this.#changed.fire(this.#now);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

/** Whether `a` was the focus of a person later than `b`: the one that has it before all others. */
export function isLater(a: Focus, b: Focus): boolean {
  if (a.focused !== b.focused) return a.focused;
  return (a.focusedAt ?? 0) > (b.focusedAt ?? 0);
}
