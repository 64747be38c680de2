import { type DesktopEditor, findDesktopEditors } from "../../desktop/mod.ts";
import { firstLive, pathOfUri, probeEditor } from "../../editor/mod.ts";
import { isWithin } from "../../platform/mod.ts";
import { type Session, workspaceFolders } from "../../registry/mod.ts";
import {
  isSameMachine,
  remoteFileUri,
  type RemotePlace,
  remotePlaceOf,
  THIS_MACHINE,
} from "../authority.ts";

/** A window here that can show files of a linked machine. */
export type Window =
  | { readonly kind: "editor"; readonly socketPath: string }
  | { readonly kind: "desktop"; readonly mainSocket: string }
  /** At the other end of a link to this machine, which passes the delivery on. */
  | { readonly kind: "link"; readonly linkSocket: string; readonly via: string };

/** A window, and its relation to a path. */
export interface FoundWindow {
  readonly window: Window;
  /** The machine as the window spells it; the link's authority if no window has the machine. */
  readonly authority: string;
  /** The folder of the window that holds the path; undefined if none does. */
  readonly folder?: string;
  /** Its name for users, such as "Visual Studio Code". */
  readonly name: string;
}

export interface WindowSource {
  /** The registered windows, the one used last first. */
  sessions(): Iterable<Session>;
  readonly allowOwners: readonly number[];
}

/** Time limit of a window's answer in milliseconds, because the far side waits for it. */
const TIMEOUT_MS = 1000;
const PROBES_AT_ONCE = 16;
const PATIENCE_MS = 30;

/**
 * Finds a window here for a path of a linked machine: a registered one whose folder holds it, or a
 * desktop editor's whose folder does; otherwise the desktop editor that has the machine in another
 * window, or any, which opens a new one; otherwise a registered window of the machine.
 *
 * @param authority The machine's, by its link; `THIS_MACHINE` for files of this machine.
 * @param paths Absolute on that machine; the most specific first.
 */
export async function findWindow(
  authority: string,
  paths: readonly string[],
  source: WindowSource,
): Promise<FoundWindow | undefined> {
  const registered = registeredWindows(authority, source.sessions());
  const holding = await firstOf(holders(registered, paths), source.allowOwners);
  if (holding) return holding;
  const editors = await liveDesktops(source.allowOwners);
  const open = editors.flatMap((editor) => desktopWindowsOf(authority, editor));
  const [desktop = undefined] = holders(open, paths);
  if (desktop) return desktop;
  if (open[0]) return withoutFolder(open[0]);
  const [editor] = editors;
  if (editor) return { window: desktopOf(editor), authority, name: editor.name };
  return await firstOf(registered.map(withoutFolder), source.allowOwners);
}

/** A window and one of its folders on the machine. */
interface Candidate extends FoundWindow {
  readonly folder: string;
}

const desktopOf = ({ mainSocket }: DesktopEditor): Window => ({ kind: "desktop", mainSocket });

function withoutFolder({ window, authority, name }: FoundWindow): FoundWindow {
  return { window, authority, name };
}

/** The windows with a folder that holds the first path that any holds, deepest folder first. */
function holders(candidates: readonly Candidate[], paths: readonly string[]): Candidate[] {
  for (const path of paths) {
    const holding = candidates.filter(({ folder }) => isWithin(path, folder));
    if (holding.length > 0) return holding.sort((a, b) => b.folder.length - a.folder.length);
  }
  return [];
}

async function firstOf(
  candidates: readonly FoundWindow[],
  allowOwners: readonly number[],
): Promise<FoundWindow | undefined> {
  const found = await firstLive(candidates, {
    probe: ({ window }) =>
      window.kind === "editor"
        ? probeEditor(window.socketPath, { timeoutMs: TIMEOUT_MS, allowOwners })
        : Promise.resolve("live"),
    concurrency: PROBES_AT_ONCE,
    patienceMs: PATIENCE_MS,
  });
  return found?.liveness === "live" ? found.value : undefined;
}

async function liveDesktops(allowOwners: readonly number[]): Promise<DesktopEditor[]> {
  const editors = await findDesktopEditors({ timeoutMs: TIMEOUT_MS, allowOwners });
  return editors.filter(({ state }) => state === "live");
}

function desktopWindowsOf(authority: string, editor: DesktopEditor): Candidate[] {
  const window = desktopOf(editor);
  return editor.windows.flatMap(({ folderUris }) =>
    folderUris.flatMap((uri) => placesOn(authority, uri))
      .map((place) => ({
        window,
        authority: place.authority,
        folder: place.path,
        name: editor.name,
      }))
  );
}

function registeredWindows(authority: string, sessions: Iterable<Session>): Candidate[] {
  const found: Candidate[] = [];
  for (const { socketPath, workspace, kind } of sessions) {
    const places = authority === THIS_MACHINE
      ? workspaceFolders(workspace).map((path) => ({ authority, path }))
      : folderUris(workspace).flatMap((uri) => placesOn(authority, uri));
    for (const place of places) {
      const window: Window = { kind: "editor", socketPath };
      found.push({ window, authority: place.authority, folder: place.path, name: kind });
    }
  }
  return found;
}

function placesOn(authority: string, uri: string): RemotePlace[] {
  if (authority === THIS_MACHINE) {
    const path = pathOfUri(uri);
    return path === undefined ? [] : [{ authority, path }];
  }
  const place = remotePlaceOf(uri);
  return place && isSameMachine(place.authority, authority) ? [place] : [];
}

/** The folders of a workspace as URIs; folders given as paths belong to this machine. */
function folderUris(workspace: unknown): string[] {
  const folders = (workspace as { folders?: unknown } | null | undefined)?.folders;
  return Array.isArray(folders) ? folders.flatMap((folder) => uriOf(folder) ?? []) : [];
}

function uriOf(folder: unknown): string | undefined {
  if (typeof folder === "string") return folder;
  if (typeof folder !== "object" || folder === null) return undefined;
  const { uri, scheme, authority, path } = folder as Record<string, unknown>;
  if (uri !== undefined) return uriOf(uri);
  const isRemote = scheme === "vscode-remote" && typeof authority === "string";
  return isRemote && typeof path === "string" ? remoteFileUri(authority, path) : undefined;
}
