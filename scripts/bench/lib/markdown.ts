/** A Markdown table with columns aligned in the source; all but the first are right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) =>
    Math.max(3, ...cells.map((row) => [...row[column]!].length))
  );
  const pad = (cell: string, column: number) => {
    const fill = " ".repeat(widths[column]! - [...cell].length);
    return column === 0 ? cell + fill : fill + cell;
  };
  const line = (row: readonly string[]) => `| ${row.map(pad).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [line(cells[0]!), `| ${rule.join(" | ")} |`, ...cells.slice(1).map(line)].join("\n");
}

/** Blocks separated by an empty line. */
export function paragraphs(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}
