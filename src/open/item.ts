import { fileUri, isMisread, pathOfUri, positionText } from "../editor/mod.ts";
import { realPathOf } from "../platform/mod.ts";
import type { LinkDestination } from "../routing/mod.ts";

/** A position in a file; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column?: number;
}

interface ItemFacts {
  readonly kind: "file" | "folder";
  /** The name that the user gave. */
  readonly typed: string;
  /** The path that decides on the window: absolute, links resolved. */
  readonly realPath: string;
  /**
   * Whether the item needs an editor's goto mode: `wanted`, because it has a line; `never`, because
   * goto mode would misread the name; or `indifferent`.
   */
  readonly goto: "wanted" | "never" | "indifferent";
}

/** A file or folder of this machine. */
export interface PathItem extends ItemFacts {
  /** Absolute; links are kept, so that the tab shows the name that the user knows. */
  readonly path: string;
  readonly position?: Position;
}

/** A file or folder that `--file-uri` or `--folder-uri` names. It may be on another machine. */
export interface UriItem extends ItemFacts {
  /** The URI, which is sent unchanged, apart from the position. */
  readonly uri: string;
  readonly position?: Position;
  /** Its place, if it was named as `HOST:PATH`. */
  readonly ofHost?: HostPlace;
}

/** A place on another host that was named as `HOST:PATH`. */
export interface HostPlace {
  readonly host: string;
  /** The absolute path on that host. */
  readonly path: string;
  /** The window of the fleet that should open the place, if that window is on another machine. */
  readonly window?: LinkDestination;
}

/**
 * A file or folder to open, from the command line to its destination. It is plain data, which every
 * kind of destination converts into its own form.
 */
export type OpenItem = PathItem | UriItem;

/** The data of a descriptor. It becomes an item once it has a file. */
export interface StreamItem {
  readonly descriptor: number;
  readonly position?: Position;
}

/** The modes in which a call of `open` opens its items. */
export interface OpenModes {
  readonly newWindow: boolean;
  readonly reuseWindow: boolean;
  /** `diff` and `merge` take all items together, in their order. */
  readonly together?: "diff" | "merge" | "add" | "remove";
  /** `-g` was given. */
  readonly goto: boolean;
  /** `--remote`; null stands for a local window. */
  readonly remoteAuthority?: string | null;
}

/** Creates an item from an absolute path. A folder has no position. */
export function itemOfPath(
  kind: OpenItem["kind"],
  typed: string,
  path: string,
  position?: Position,
): PathItem {
  const item = { kind, typed, path, realPath: realPathOf(path) };
  if (kind === "folder") return { ...item, goto: "indifferent" };
  return { ...item, goto: gotoOf(path, position), ...position && { position } };
}

/**
 * Creates an item from a URI.
 *
 * @param elsewhere Gives the path that decides on the window if the URI names no local file.
 */
export function itemOfUri(kind: OpenItem["kind"], uri: string, elsewhere: () => string): UriItem {
  const path = pathOfUri(uri);
  const realPath = path === undefined ? elsewhere() : realPathOf(path);
  return { kind, typed: uri, realPath, goto: "indifferent", uri };
}

/**
 * Creates the item of a stream.
 *
 * @param path The file that receives the data; absolute.
 * @param folder The folder whose window is used; absolute, links resolved.
 */
export function itemOfStream(path: string, folder: string, position?: Position): PathItem {
  const goto = position ? "wanted" : "indifferent";
  return { kind: "file", typed: path, path, realPath: folder, goto, ...position && { position } };
}

function gotoOf(path: string, position: Position | undefined): OpenItem["goto"] {
  if (isMisread(path)) return "never";
  return position ? "wanted" : "indifferent";
}

/** The item's URI, with `:line:column` as goto mode reads it when `goto` is set. */
export function uriOf(item: OpenItem, goto: boolean): string {
  const uri = "uri" in item ? item.uri : fileUri(item.path);
  return goto ? uri + positionText(item.position) : uri;
}

/** The item's path on this machine; undefined for other URIs. */
export function localPathOf(item: OpenItem): string | undefined {
  if ("path" in item) return item.path;
  return item.uri.startsWith("file://") ? pathOfUri(item.uri) : undefined;
}
