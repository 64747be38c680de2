/**
 * Whether goto mode would misread a path. An editor in goto mode takes every part between colons
 * that is a number (in JavaScript, so also an empty one) for a line or column, at any position.
 * Source: microsoft/vscode `parseLineAndColumnAware` in `src/vs/base/common/extpath.ts`.
 */
export function isMisread(path: string): boolean {
  return path.includes(":") && path.split(":").some((part) => !Number.isNaN(Number(part)));
}

/**
 * A position in the form of goto mode, after a name: `:LINE` or `:LINE:COLUMN`; empty without a
 * position. Both numbers count from 1.
 */
export function positionText(
  position: { readonly line: number; readonly column?: number | undefined } | undefined,
): string {
  if (position === undefined) return "";
  const { line, column } = position;
  return column === undefined ? `:${line}` : `:${line}:${column}`;
}
