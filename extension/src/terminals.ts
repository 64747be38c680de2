import type * as vscode from "vscode";
import { folderPaths } from "./window/mod.ts";

/**
 * Gives new terminals their window, in variables that the program's shell hook reads
 * (docs/shell.md).
 */
export function announceToTerminals(
  variables: vscode.EnvironmentVariableCollection,
  windowId: string,
): void {
  // Not persistent, because another extension host has another window id and would find this one's.
  variables.persistent = false;
  const folders = folderPaths();
  if (folders.length > 0) variables.replace("SESSIONCTL_FOLDER", folders.join("\n"));
  else variables.delete("SESSIONCTL_FOLDER");
  variables.replace("SESSIONCTL_WINDOW", windowId);
}
