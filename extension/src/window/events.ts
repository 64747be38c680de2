import * as vscode from "vscode";
import { fileName } from "./describe.ts";
import type { FocusTracker } from "./focus.ts";
import { windowWorkspace } from "./folders.ts";
import { activeEditor } from "./state.ts";

/** The events of a window by name. */
export const EVENT_NAMES = ["focus", "activeEditor", "saved", "folders"] as const;
export type EventName = typeof EVENT_NAMES[number];

export interface WindowEvent {
  readonly name: EventName;
  readonly data: unknown;
}

/** A moving cursor fires for each key; ten events a second are enough. */
const SETTLE_MS = 100;

/** The events that the window sends to subscribers. */
export class WindowEvents implements vscode.Disposable {
  readonly #fired = new vscode.EventEmitter<WindowEvent>();
  readonly #subscriptions: vscode.Disposable[];
  #editorTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(windowId: string, focus: FocusTracker) {
    const { window, workspace } = vscode;
    const fire = (name: EventName, data: unknown) => this.#fired.fire({ name, data });
    const editorChanged = () => {
      this.#editorTimer ??= setTimeout(() => {
        this.#editorTimer = undefined;
        fire("activeEditor", { activeEditor: activeEditor() });
      }, SETTLE_MS);
    };
    this.#subscriptions = [
      focus.onDidChange((now) => fire("focus", { windowId, ...now })),
      window.onDidChangeActiveTextEditor(editorChanged),
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === window.activeTextEditor) editorChanged();
      }),
      workspace.onDidSaveTextDocument(({ uri }) => fire("saved", fileName(uri))),
      workspace.onDidChangeWorkspaceFolders(() =>
        fire("folders", windowWorkspace() ?? { folders: [] })
      ),
    ];
  }

  readonly onDidFire = this.#fired.event;

  dispose(): void {
    clearTimeout(this.#editorTimer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#fired.dispose();
  }
}
