/**
 * In goto mode an editor takes every part between colons that is a number (to
 * JavaScript, so an empty one too) for a line or column, wherever it stands.
 * Source: microsoft/vscode `parseLineAndColumnAware` in `src/vs/base/common/extpath.ts`.
 */
export function isMisread(path: string): boolean {
  return path.includes(":") && path.split(":").some((part) => !Number.isNaN(Number(part)));
}

/**
 * A position as goto mode reads it behind a name: `:LINE` or `:LINE:COLUMN`; empty where there is
 * none. Both numbers count from 1.
 */
export function positionText(
  position: { readonly line: number; readonly column?: number | undefined } | undefined,
): string {
  if (position === undefined) return "";
  const { line, column } = position;
  return column === undefined ? `:${line}` : `:${line}:${column}`;
}
