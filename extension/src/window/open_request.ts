import * as vscode from "vscode";
import { fileUri, invalid, type Params } from "./params.ts";

/** A file to open, and the position in it. */
export interface FileToOpen {
  readonly uri: vscode.Uri;
  readonly position?: vscode.Position;
}

/**
 * A checked `open` message of an editor's command-line socket; docs/protocols.md describes its
 * fields.
 */
export interface OpenRequest {
  readonly files: readonly FileToOpen[];
  readonly folders: readonly vscode.Uri[];
  readonly mode: "open" | "diff" | "merge" | "add" | "remove";
  readonly newWindow: boolean;
  readonly reuseWindow: boolean;
  readonly gotoLineMode: boolean;
  readonly waitMarker?: vscode.Uri;
}

const MAX_ITEMS = 1000;
const MAX_LENGTH = 16 * 1024;
/** Number of files that each mode takes. */
const COUNTS = { diff: 2, merge: 4 } as const;

/** @throws {SessionctlError} `INVALID_ARGUMENT`. */
export function parseOpenRequest(params: Params): OpenRequest {
  const gotoLineMode = flag(params, "gotoLineMode");
  const files = uriTexts(params, "fileURIs").map((text) => fileToOpen(text, gotoLineMode));
  const mode = modeOf(params);
  const count = mode === "diff" || mode === "merge" ? COUNTS[mode] : undefined;
  if (count !== undefined && files.length !== count) {
    throw invalid(`${mode} takes ${count} files, not ${files.length}`);
  }
  const { waitMarkerFilePath } = params;
  return {
    files,
    folders: uriTexts(params, "folderURIs").map((text) => fileUri(text, "folderURIs")),
    mode,
    newWindow: flag(params, "forceNewWindow"),
    reuseWindow: flag(params, "forceReuseWindow"),
    gotoLineMode,
    ...(waitMarkerFilePath === undefined || waitMarkerFilePath === null
      ? {}
      : { waitMarker: fileUri(waitMarkerFilePath, "waitMarkerFilePath") }),
  };
}

function modeOf(params: Params): OpenRequest["mode"] {
  const modes = (["diff", "merge", "add", "remove"] as const)
    .filter((mode) => flag(params, `${mode}Mode`));
  if (modes.length > 1) throw invalid(`${modes.join(" and ")} exclude each other`);
  return modes[0] ?? "open";
}

function flag(params: Params, name: string): boolean {
  const value = params[name];
  if (value === undefined || value === null || typeof value === "boolean") return value === true;
  throw invalid(`${name} must be true or false`);
}

function uriTexts(params: Params, name: string): string[] {
  const value = params[name] ?? [];
  if (!Array.isArray(value) || value.length > MAX_ITEMS) {
    throw invalid(`${name} must be a list of at most ${MAX_ITEMS} URIs`);
  }
  for (const text of value) {
    if (typeof text === "string" && text.length <= MAX_LENGTH) continue;
    throw invalid(`${name} must hold URIs of at most ${MAX_LENGTH} characters`);
  }
  return value as string[];
}

function fileToOpen(text: string, gotoLineMode: boolean): FileToOpen {
  const [, bare, line, column] = gotoLineMode
    ? /^(.*?)(?::(\d{1,9}))?(?::(\d{1,9}))?$/s.exec(text)!
    : [];
  const uri = fileUri(bare ?? text, "fileURIs");
  if (line === undefined) return { uri };
  const at = (number: string | undefined) => Math.max(0, Number(number ?? 1) - 1);
  return { uri, position: new vscode.Position(at(line), at(column)) };
}
