import * as vscode from "vscode";
import { type FileName, fileName, type Span, span } from "./describe.ts";
import { countDiagnostics, type DiagnosticCounts } from "./diagnostics.ts";

/** The editor in which the user works. */
export interface ActiveEditor extends FileName {
  readonly languageId: string;
  readonly dirty: boolean;
  readonly selection: Span;
  /** The selected text, up to {@link MAX_SELECTED}; absent if no text is selected. */
  readonly selectedText?: string;
}

/** The answer of the method `state`. */
export interface WindowState {
  readonly activeEditor: ActiveEditor | null;
  readonly visibleFiles: readonly FileName[];
  readonly dirtyFiles: readonly FileName[];
  readonly diagnostics: DiagnosticCounts;
}

/** In characters. */
const MAX_SELECTED = 64 * 1024;
const MAX_FILES = 1000;

export function activeEditor(): ActiveEditor | null {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return null;
  const { document, selection } = editor;
  const selectedText = selection.isEmpty ? "" : document.getText(selection).slice(0, MAX_SELECTED);
  return {
    ...fileName(document.uri),
    languageId: document.languageId,
    dirty: document.isDirty,
    selection: span(selection),
    ...(selectedText === "" ? {} : { selectedText }),
  };
}

export function windowState(): WindowState {
  const visible = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
  const dirty = vscode.workspace.textDocuments
    .filter(({ isDirty }) => isDirty)
    .map(({ uri }) => uri);
  return {
    activeEditor: activeEditor(),
    visibleFiles: unique(visible),
    dirtyFiles: unique(dirty),
    diagnostics: countDiagnostics(),
  };
}

function unique(uris: readonly vscode.Uri[]): FileName[] {
  const byText = new Map(uris.map((uri) => [uri.toString(), uri]));
  return [...byText.values()].slice(0, MAX_FILES).map(fileName);
}
