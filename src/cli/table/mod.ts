/** Tables for terminals, in a module of their own that other commands need not load. */

/**
 * Formats rows as lines, each column as wide as its widest cell. Wide characters, emoji and
 * combining marks count with the number of columns that a terminal uses for them.
 *
 * @example
 * ```ts
 * await tableLines([["NAME", "PID"], ["web", "12"]]); // ["NAME  PID", "web   12"]
 * ```
 */
export async function tableLines(rows: readonly (readonly string[])[]): Promise<string[]> {
  const widthOf = await widthFor(rows);
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    }
  }
  const padded = (cell: string, column: number) =>
    cell + " ".repeat(widths[column]! - widthOf(cell));
  return rows.map((row) => row.map(padded).join("  ").trimEnd());
}

/** Measures the width of cells. The library takes some milliseconds to load; few tables need it. */
async function widthFor(rows: readonly (readonly string[])[]): Promise<(text: string) => number> {
  const isPlain = rows.every((row) => row.every((cell) => /^[ -~]*$/.test(cell)));
  return isPlain ? (text) => text.length : (await import("string-width")).default;
}
