import type * as vscode from "vscode";

/** A file as the methods and events describe it. */
export interface FileName {
  readonly uri: string;
  /** Its path in this machine's file system, if it has one. */
  readonly path?: string;
}

/** A position in a text; both numbers start at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Span {
  readonly start: Place;
  readonly end: Place;
}

export function fileName(uri: vscode.Uri): FileName {
  return uri.scheme === "file"
    ? { uri: uri.toString(), path: uri.fsPath }
    : { uri: uri.toString() };
}

export function span({ start, end }: vscode.Range): Span {
  return { start: place(start), end: place(end) };
}

function place({ line, character }: vscode.Position): Place {
  return { line: line + 1, column: character + 1 };
}
