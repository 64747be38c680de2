/** Tables as terminals show them; apart, because commands that print none need not load it. */

/** Characters that a terminal shows two columns wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** And those it shows on top of the one before. */
const COMBINING = /[\p{Mn}\p{Me}\u200d]/u;

/**
 * How many columns of a terminal `text` takes.
 *
 * Source: Unicode Standard Annex #11, "East Asian Width".
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/**
 * The rows of a table as lines, each column as wide as its widest cell.
 *
 * @example
 * ```ts
 * tableLines([["NAME", "PID"], ["web", "12"]]); // ["NAME  PID", "web   12"]
 * ```
 */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    }
  }
  const padded = (cell: string, column: number) =>
    cell + " ".repeat(widths[column]! - displayWidth(cell));
  return rows.map((row) => row.map(padded).join("  ").trimEnd());
}
