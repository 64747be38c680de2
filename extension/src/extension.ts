import * as vscode from "vscode";
import { RegistryLink } from "./registry/link.ts";
import { EditorWindow, hookSocket } from "./window/mod.ts";

let ending: (() => Promise<void>) | undefined;

/** Called by the editor when the window has started. */
export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("sessionctl");
  const log = (line: string) => output.appendLine(`${new Date().toISOString()} ${line}`);
  const version = (context.extension.packageJSON as { version: string }).version;
  const window = new EditorWindow(version, () => hookSocket() ?? "");
  const link = new RegistryLink(window, () => [], log);
  context.subscriptions.push(
    output,
    window,
    vscode.workspace.onDidChangeWorkspaceFolders(() => link.entryChanged()),
    window.focus.onDidChange(() => link.focusChanged()),
  );
  link.start();
  ending = () => link.close();
}

/** Called by the editor when the window closes or reloads. */
export function deactivate(): Promise<void> | undefined {
  return ending?.();
}
