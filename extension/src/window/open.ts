import * as vscode from "vscode";
import { SessionctlError } from "../../../src/errors.ts";
import type { FileToOpen, OpenRequest } from "./open_request.ts";
import { endWait } from "./wait.ts";

/**
 * Carries out an `open` message in this window.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` if this editor has no command for it; the editor's
 * errors.
 */
export async function open(request: OpenRequest): Promise<void> {
  const { files, folders, mode, newWindow } = request;
  if (mode === "add" || mode === "remove") return await changeFolders(mode, folders);
  if (newWindow && files.length > 0) return await openNewWindow(request);
  if (files.length === 0 && folders.length === 0) {
    if (newWindow) await vscode.commands.executeCommand("workbench.action.newWindow");
  }
  if (mode === "diff") await openDiff(files[0]!.uri, files[1]!.uri);
  else if (mode === "merge") await openMerge(files);
  else for (const file of files) await openFile(file);
  if (request.waitMarker) endWait(request, request.waitMarker);
  for (const folder of folders) await openFolder(folder, request);
}

/** Opens a file; one that does not exist yet opens as a new file that is saved there. */
export async function openFile({ uri, position }: FileToOpen): Promise<void> {
  if (/\.code-workspace$/.test(uri.path)) {
    await vscode.commands.executeCommand("vscode.openFolder", uri);
    return;
  }
  const selection = position && new vscode.Range(position, position);
  const options = { preview: false, ...(selection === undefined ? {} : { selection }) };
  const target = await exists(uri) ? uri : uri.with({ scheme: "untitled" });
  await vscode.commands.executeCommand("vscode.open", target, options);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== "file") return true;
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    return !(error instanceof vscode.FileSystemError && error.code === "FileNotFound");
  }
}

/** @param title The tab's name; by default, the editor derives one from the files' names. */
export async function openDiff(left: vscode.Uri, right: vscode.Uri, title?: string): Promise<void> {
  await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: false });
}

/** The files have the order of the command line: two versions, their base, the result. */
async function openMerge(files: readonly FileToOpen[]): Promise<void> {
  const [first, second, base, output] = files.map(({ uri }) => uri);
  const version = (uri: vscode.Uri | undefined, title: string) => ({ uri, title });
  await internalCommand("_open.mergeEditor", {
    base,
    input1: version(first, "Current"),
    input2: version(second, "Incoming"),
    output,
  });
}

async function openFolder(uri: vscode.Uri, { reuseWindow }: OpenRequest): Promise<void> {
  const isOpen = vscode.workspace.workspaceFolders
    ?.some((folder) => folder.uri.toString() === uri.toString());
  if (isOpen) return;
  await vscode.commands.executeCommand("vscode.openFolder", uri, { forceNewWindow: !reuseWindow });
}

/** Only the editor itself can open files in a window that does not exist yet. */
async function openNewWindow(request: OpenRequest): Promise<void> {
  const { files, folders, mode, gotoLineMode, waitMarker } = request;
  const withPosition = ({ uri, position }: FileToOpen) =>
    position
      ? uri.with({ path: `${uri.path}:${position.line + 1}:${position.character + 1}` })
      : uri;
  const openables = [
    ...folders.map((folderUri) => ({ folderUri })),
    ...files.map((file) => ({ fileUri: withPosition(file) })),
  ];
  await internalCommand("_files.windowOpen", openables, {
    forceNewWindow: true,
    gotoLineMode,
    diffMode: mode === "diff",
    mergeMode: mode === "merge",
    ...(waitMarker === undefined ? {} : { waitMarkerFileURI: waitMarker }),
  });
}

/** Runs a command that is not part of the editor's API, and so may be missing. */
async function internalCommand(name: string, ...args: unknown[]): Promise<void> {
  if (!(await vscode.commands.getCommands(false)).includes(name)) {
    throw new SessionctlError("NOT_SUPPORTED", `this editor has no command ${name}`);
  }
  await vscode.commands.executeCommand(name, ...args);
}

/**
 * Time limit for the editor to finish its previous change, in milliseconds: shorter than the time
 * limit of a message's answer, so that a refusal is reported.
 */
const FOLDERS_MS = 1000;
const RETRY_MS = 50;

async function changeFolders(mode: "add" | "remove", folders: readonly vscode.Uri[]) {
  const limit = Date.now() + FOLDERS_MS;
  while (!tryToChangeFolders(mode, folders)) {
    // The editor refuses a change while another one is in progress.
    if (Date.now() > limit) {
      throw new SessionctlError(
        "NOT_SUPPORTED",
        "the editor does not change the folders of this window",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** @returns whether the folders are already as requested, or the editor changes them. */
function tryToChangeFolders(mode: "add" | "remove", folders: readonly vscode.Uri[]): boolean {
  const { workspaceFolders = [] } = vscode.workspace;
  if (mode === "add") {
    const present = new Set(workspaceFolders.map(({ uri }) => uri.toString()));
    const added = folders.filter((uri) => !present.has(uri.toString())).map((uri) => ({ uri }));
    return added.length === 0 ||
      vscode.workspace.updateWorkspaceFolders(workspaceFolders.length, 0, ...added);
  }
  const named = new Set(folders.map(String));
  const kept = workspaceFolders.filter(({ uri }) => !named.has(uri.toString()));
  if (kept.length === workspaceFolders.length) return true;
  const all = kept.map(({ uri, name }) => ({ uri, name }));
  return vscode.workspace.updateWorkspaceFolders(0, workspaceFolders.length, ...all);
}
