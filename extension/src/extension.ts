import * as vscode from "vscode";
import type { Companion } from "./companion.ts";

let companion: Companion | undefined;
let starting: ReturnType<typeof setImmediate> | undefined;
let isOver = false;

/**
 * Called by the editor when the window has started; other extensions wait for their turn meanwhile.
 */
export function activate(context: vscode.ExtensionContext): void {
  starting = setImmediate(() => void start(context));
}

async function start(context: vscode.ExtensionContext): Promise<void> {
  // In a separate file, because the editor loads this one while the window starts (../esbuild.mjs).
  const { Companion } = await import("./companion.ts");
  if (isOver) return;
  const output = vscode.window.createOutputChannel("sessionctl");
  context.subscriptions.push(output);
  const log = (line: string) => {
    // The editor closes the channel while the rest is being stopped.
    if (!isOver) output.appendLine(`${new Date().toISOString()} ${line}`);
  };
  if (process.platform === "win32") {
    return log("The sessionctl companion does not support Windows yet.");
  }
  companion = new Companion(context, log);
  void companion.start();
}

/** Called by the editor when the window closes or reloads; it waits for five seconds. */
export function deactivate(): Promise<void> | undefined {
  isOver = true;
  clearImmediate(starting);
  return companion?.close();
}
