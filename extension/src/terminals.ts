import type * as vscode from "vscode";
import { folderPaths } from "./window/mod.ts";

/** Tells new terminals their window, as the program's shell hook reads it (docs/shell.md). */
export function announceToTerminals(
  variables: vscode.EnvironmentVariableCollection,
  windowId: string,
): void {
  // Another extension host has another window id; it would find this one's otherwise.
  variables.persistent = false;
  const folders = folderPaths();
  if (folders.length > 0) variables.replace("SESSIONCTL_FOLDER", folders.join("\n"));
  else variables.delete("SESSIONCTL_FOLDER");
  variables.replace("SESSIONCTL_WINDOW", windowId);
}
