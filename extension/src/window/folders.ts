import * as vscode from "vscode";

/** The folders of the window, as the registry stores them. */
export interface WindowWorkspace {
  readonly folders: readonly { readonly uri: string }[];
  readonly workspaceFile?: string;
  readonly name?: string;
}

/** The window's workspace; null for a window without a folder. */
export function windowWorkspace(): WindowWorkspace | null {
  const { workspaceFolders, workspaceFile, name } = vscode.workspace;
  if (!workspaceFolders?.length && !workspaceFile) return null;
  return {
    folders: (workspaceFolders ?? []).map(({ uri }) => ({ uri: uri.toString() })),
    ...(workspaceFile === undefined ? {} : { workspaceFile: workspaceFile.toString() }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The paths of the folders that are in this machine's file system. */
export function folderPaths(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri }) => uri.fsPath);
}
