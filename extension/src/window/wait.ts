import { lstatSync, unlinkSync } from "node:fs";
import * as vscode from "vscode";
import type { OpenRequest } from "./open_request.ts";

/** Time limit for a tab to appear after the editor reported that it is open, in milliseconds. */
const APPEAR_MS = 5000;

/** The open waits, which a closing window leaves behind. */
const waits = new Set<vscode.Disposable>();

/**
 * Removes the wait marker when every tab of the request is closed, like the editor. Source:
 * microsoft/vscode `src/vs/workbench/electron-sandbox/window.ts`, `trackClosedWaitFiles`.
 */
export function endWait(request: OpenRequest, marker: vscode.Uri): void {
  const matches = matcher(request);
  let appeared = false;
  const done = () => {
    subscription.dispose();
    clearTimeout(timer);
    waits.delete(subscription);
    removeMarker(marker.fsPath);
  };
  const look = () => {
    const isOpen = vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(matches));
    if (appeared && !isOpen) done();
    appeared ||= isOpen;
  };
  const subscription = vscode.window.tabGroups.onDidChangeTabs(look);
  const timer = setTimeout(() => appeared || done(), APPEAR_MS);
  waits.add(subscription);
  look();
}

/** Stops waiting; the markers stay, and waiting clients notice that the window has gone. */
export function stopWaiting(): void {
  for (const wait of waits) wait.dispose();
  waits.clear();
}

/** Only removes a file, as created by the client. */
function removeMarker(path: string): void {
  try {
    if (lstatSync(path).isFile()) unlinkSync(path);
  } catch { /* Whoever waits has ended, and removed it. */ }
}

function matcher({ files, mode }: OpenRequest): (tab: vscode.Tab) => boolean {
  // A file that did not exist has another scheme until it is saved.
  const paths = new Set(files.map(({ uri }) => uri.path));
  if (mode === "merge") {
    // The API has no type for the input of a merge editor, so its tab is the one that is active
    // now.
    const merge = vscode.window.tabGroups.activeTabGroup.activeTab;
    return (tab) => tab === merge;
  }
  if (mode === "diff") {
    return ({ input }) =>
      input instanceof vscode.TabInputTextDiff && paths.has(input.original.path) &&
      paths.has(input.modified.path);
  }
  return ({ input }) => {
    const uri = (input as { uri?: unknown } | undefined)?.uri;
    return uri instanceof vscode.Uri && paths.has(uri.path);
  };
}
