import * as vscode from "vscode";
import { Companion } from "./companion.ts";

let companion: Companion | undefined;
let starting: ReturnType<typeof setImmediate> | undefined;

/** Called by the editor when the window has started; others wait for their turn meanwhile. */
export function activate(context: vscode.ExtensionContext): void {
  starting = setImmediate(() => start(context));
}

function start(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("sessionctl");
  context.subscriptions.push(output);
  const log = (line: string) => output.appendLine(`${new Date().toISOString()} ${line}`);
  if (process.platform === "win32") {
    return log("The sessionctl companion does not support Windows yet.");
  }
  companion = new Companion(context, log);
  void companion.start();
}

/** Called by the editor when the window closes or reloads; it waits for five seconds. */
export function deactivate(): Promise<void> | undefined {
  clearImmediate(starting);
  return companion?.close();
}
