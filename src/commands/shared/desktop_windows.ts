import { tableLines } from "../../cli/table/mod.ts";
import type { DesktopChange, DesktopEditor, DesktopWindow } from "../../desktop/mod.ts";
import { isWithin, mainSocketPaths, printablePath, realPathOf } from "../../platform/mod.ts";

/** A desktop window, or an editor without one, as `list` and `find` print it in JSON. */
export interface ListedDesktopWindow extends Partial<DesktopWindow> {
  readonly kind: "desktop";
  /** The id for `--to`, such as `code` or `cursor`. */
  readonly editor: string;
  readonly editorName: string;
  /** The version, as far as the socket's name contains it. */
  readonly version: string;
  readonly mainSocket: string;
  readonly mainPid?: number;
  readonly liveness: DesktopEditor["state"];
  /** The folders for display: a path, or `HOST:path`. */
  readonly folders: readonly string[];
}

/** A desktop window that holds a path. */
export interface DesktopHolder extends ListedDesktopWindow {
  /** The folder that holds it. */
  readonly folder: string;
}

/**
 * All desktop windows. If no file has the name of a main socket, no code loads and nothing is
 * asked.
 */
export async function desktopWindowsListed(): Promise<ListedDesktopWindow[]> {
  const sockets = mainSocketPaths();
  if (sockets.length === 0) return [];
  const { describeFolder, findDesktopEditors } = await import("../../desktop/mod.ts");
  return (await findDesktopEditors({ sockets })).flatMap((editor) => {
    const windows = editor.windows.length > 0 ? editor.windows : [undefined];
    return windows.map((window) => listed(editor, window, describeFolder));
  });
}

/** A change of a desktop window, as `watch` prints it in JSON. */
export interface ListedDesktopChange {
  readonly type: DesktopChange["type"];
  readonly window: ListedDesktopWindow;
}

/**
 * Follows the desktop windows without end.
 *
 * @param folder Only windows that have this folder, or one below it, open.
 */
export async function* desktopChangesListed(
  folder?: string,
): AsyncGenerator<ListedDesktopChange, void> {
  const { describeFolder, watchDesktopWindows } = await import("../../desktop/mod.ts");
  const isMeant = ({ window }: ListedDesktopChange) =>
    folder === undefined || window.folders.some((path) => isWithin(path, folder));
  for await (const { type, editor, window } of watchDesktopWindows()) {
    const change = { type, window: listed(editor, window, describeFolder) };
    if (isMeant(change)) yield change;
  }
}

/**
 * Finds the desktop window that holds a path, with its folder.
 *
 * @param path Absolute.
 */
export async function desktopHolder(path: string): Promise<DesktopHolder | undefined> {
  const sockets = mainSocketPaths();
  if (sockets.length === 0) return undefined;
  const { describeFolder, findDesktopEditors, holderOf } = await import("../../desktop/mod.ts");
  const { fileUri } = await import("../../editor/mod.ts");
  const uri = fileUri(realPathOf(path));
  let best: DesktopHolder | undefined;
  for (const editor of await findDesktopEditors({ sockets })) {
    const held = holderOf(editor.windows, uri);
    if (held === undefined) continue;
    const folder = describeFolder(held.folderUri);
    if (best !== undefined && best.folder.length >= folder.length) continue;
    best = { ...listed(editor, held.window, describeFolder), folder };
  }
  return best;
}

function listed(
  editor: DesktopEditor,
  window: DesktopWindow | undefined,
  describeFolder: (uri: string) => string,
): ListedDesktopWindow {
  return {
    kind: "desktop",
    editor: editor.product,
    editorName: editor.name,
    version: editor.version,
    mainSocket: editor.mainSocket,
    ...(editor.pid === undefined ? {} : { mainPid: editor.pid }),
    liveness: editor.state,
    ...window,
    folders: window?.folderUris.map(describeFolder) ?? [],
  };
}

/** Maximum length of a title; a longer one would push the folder off the screen. */
const TITLE_SHOWN = 50;

/** The windows as lines of a table, including the head. */
export async function desktopTable(
  windows: readonly ListedDesktopWindow[],
): Promise<string[]> {
  const rows = windows.map((window) => [
    window.liveness,
    window.kind,
    printablePath(window.editorName),
    window.pid ? String(window.pid) : "",
    printablePath(shortened(window.title ?? "")),
    window.folders.map(printablePath).join(", "),
    printablePath(window.mainSocket),
  ]);
  return await tableLines([
    ["STATE", "KIND", "EDITOR", "PID", "TITLE", "FOLDER", "MAIN SOCKET"],
    ...rows,
  ]);
}

function shortened(title: string): string {
  const characters = [...title];
  return characters.length <= TITLE_SHOWN
    ? title
    : `${characters.slice(0, TITLE_SHOWN - 3).join("")}...`;
}
