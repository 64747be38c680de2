import { fileUri, pathOfUri } from "../editor/mod.ts";
import { isWithin, realPathOf, usesPipes, windowsPathOfUri } from "../platform/mod.ts";
import type { DesktopWindow } from "./diagnostics.ts";

/** The parts of a URI that determine its place; compared like VS Code compares them. */
interface Place {
  readonly scheme: string;
  /** Decoded, in lower case. */
  readonly authority: string;
  /** Decoded, without a trailing slash. */
  readonly path: string;
}

/** A window, and its folder that holds a URI. */
export interface HoldingWindow {
  readonly window: DesktopWindow;
  /** The folder's URI as the window spells it. */
  readonly folderUri: string;
}

/**
 * Finds the window whose folder holds `uri`, deepest folder first: the window in which VS Code's
 * main process opens a file. Like in VS Code, the case of authorities does not matter.
 *
 * @param uri A `file://` URI of this machine, or a `vscode-remote://` URI of any authority.
 */
export function holderOf(
  windows: readonly DesktopWindow[],
  uri: string,
): HoldingWindow | undefined {
  return holderFinder(uri)(windows);
}

/**
 * Like {@link holderOf}, for one URI and several editors. It resolves the symlinks in each path
 * once, and keeps its answers as long as the function exists.
 */
export function holderFinder(
  uri: string,
): (windows: readonly DesktopWindow[]) => HoldingWindow | undefined {
  const wanted = placeOf(uri);
  const known = new Map<readonly DesktopWindow[], HoldingWindow | undefined>();
  return (windows) => {
    if (!known.has(windows)) known.set(windows, wanted && holderAt(windows, wanted));
    return known.get(windows);
  };
}

function holderAt(windows: readonly DesktopWindow[], wanted: Place): HoldingWindow | undefined {
  let best: HoldingWindow | undefined;
  let depth = -1;
  for (const window of windows) {
    for (const folderUri of window.folderUris) {
      const folder = placeOf(folderUri);
      if (folder === undefined || !contains(folder, wanted)) continue;
      if (folder.path.length <= depth) continue;
      best = { window, folderUri };
      depth = folder.path.length;
    }
  }
  return best;
}

/**
 * `uri` as the window spells it: a file behind a symlink is named under the folder that the window
 * has open, because VS Code does not follow symlinks when it chooses a window.
 *
 * @param folderUri The folder of the window that holds `uri`.
 */
export function asWindowSpells(uri: string, folderUri: string): string {
  if (!isLocal(uri) || !isLocal(folderUri)) return uri;
  const path = pathOfUri(uri);
  const folder = pathOfUri(folderUri)?.replace(/(.)\/+$/s, "$1");
  if (path === undefined || folder === undefined) return uri;
  const real = realPathOf(folder);
  if (real === folder || !isWithin(path, real)) return uri;
  return fileUri(folder + path.slice(real.length));
}

function isLocal(uri: string): boolean {
  return uri.startsWith("file:///") && !/[?#]/.test(uri);
}

function contains(folder: Place, wanted: Place): boolean {
  return folder.scheme === wanted.scheme && folder.authority === wanted.authority &&
    isWithin(wanted.path, folder.path);
}

function placeOf(uri: string): Place | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?/i.exec(uri);
  if (!match) return undefined;
  const [, scheme = "", authority = "", path = "/"] = match;
  const plain = decoded(path);
  if (plain === undefined) return undefined;
  const isHere = scheme.toLowerCase() === "file" && authority === "";
  const trimmed = plain.replace(/(.)\/+$/s, "$1");
  return {
    scheme: scheme.toLowerCase(),
    authority: (decoded(authority) ?? authority).toLowerCase(),
    path: isHere ? realPathOf(trimmed) : trimmed,
  };
}

function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return plain.includes("\0") ? undefined : plain;
  } catch {
    return undefined;
  }
}

/**
 * Describes a folder of a window for users: a path, or `HOST:path` for another machine.
 *
 * Remote-SSH encodes a host name that VS Code would change (capitals, special characters) as JSON
 * in hexadecimal digits (microsoft/vscode-remote-release issue 10684).
 *
 * @example
 * ```ts
 * describeFolder("vscode-remote://ssh-remote+hostb/home/ann/api"); // "hostb:/home/ann/api"
 * ```
 */
export function describeFolder(uri: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?/i.exec(uri);
  if (!match) return uri;
  const [, scheme = "", authority = "", path = "/"] = match;
  const plain = decoded(path) ?? path;
  const isFile = scheme.toLowerCase() === "file";
  if (isFile && usesPipes()) return windowsPathOfUri(plain, authority);
  if (isFile && authority === "") return plain;
  if (scheme.toLowerCase() !== "vscode-remote") return uri;
  return `${hostOf(decoded(authority) ?? authority)}:${plain}`;
}

/** The machine that a remote authority such as `ssh-remote+host` names. */
function hostOf(authority: string): string {
  const name = /^(?:ssh-remote|wsl)\+(.+)$/i.exec(authority)?.[1];
  if (name === undefined) return authority;
  if (!/^7b(?:[0-9a-f]{2})+7d$/i.test(name)) return name;
  try {
    const bytes = Uint8Array.from(name.match(/../g)!, (digits) => parseInt(digits, 16));
    const { hostName } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof hostName === "string" ? hostName : name;
  } catch {
    return name;
  }
}
