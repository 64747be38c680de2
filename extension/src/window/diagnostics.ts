import * as vscode from "vscode";
import { type FileName, fileName, type Span, span } from "./describe.ts";
import { optionalFile, type Params } from "./params.ts";

/** Number of problems of each severity. */
export interface DiagnosticCounts {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly hints: number;
}

interface Problem extends Span {
  readonly severity: string;
  readonly message: string;
  readonly source?: string;
  readonly code?: string | number;
}

interface FileProblems extends FileName {
  readonly diagnostics: readonly Problem[];
}

const SEVERITIES = ["error", "warning", "info", "hint"] as const;
/** More than a user reads, but bounded, because a language server may report any number. */
const MAX_PROBLEMS = 5000;
const MAX_MESSAGE = 4096;

/** Counts the problems that the window shows. */
export function countDiagnostics(): DiagnosticCounts {
  const counts = [0, 0, 0, 0];
  for (const [, problems] of vscode.languages.getDiagnostics()) {
    for (const { severity } of problems) counts[severity]!++;
  }
  const [errors, warnings, infos, hints] = counts as [number, number, number, number];
  return { errors, warnings, infos, hints };
}

/** The method `diagnostics`: the problems of a file, or of all files. */
export function diagnostics(
  params: Params,
): { readonly files: readonly FileProblems[]; readonly omitted: number } {
  const file = optionalFile(params);
  const all: readonly (readonly [vscode.Uri, readonly vscode.Diagnostic[]])[] = file
    ? [[file, vscode.languages.getDiagnostics(file)]]
    : vscode.languages.getDiagnostics();
  const files: FileProblems[] = [];
  let room = MAX_PROBLEMS;
  let omitted = 0;
  for (const [uri, problems] of all) {
    const taken = problems.slice(0, room);
    room -= taken.length;
    omitted += problems.length - taken.length;
    if (taken.length > 0) files.push({ ...fileName(uri), diagnostics: taken.map(describe) });
  }
  return { files, omitted };
}

function describe({ severity, message, source, code, range }: vscode.Diagnostic): Problem {
  const value = typeof code === "object" ? code.value : code;
  return {
    severity: SEVERITIES[severity] ?? "error",
    message: message.slice(0, MAX_MESSAGE),
    ...(source === undefined ? {} : { source }),
    ...(value === undefined ? {} : { code: value }),
    ...span(range),
  };
}
