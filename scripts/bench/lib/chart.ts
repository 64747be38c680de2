import { type Bar, type Figure, formatQuantity } from "./report.ts";

const WIDTH = 760;
const MARGIN = 24;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const GAP = 10;
/** Approximate mean width of a bold character at 13 px, because the reader's font is unknown. */
const CHARACTER = 7.9;
/** Distance from the middle of a line of text to its baseline. */
const BASELINE = 4.5;

/**
 * Draws horizontal bars with their values, one group for each figure. The picture has its own
 * background and follows the reader's colour scheme.
 */
export function renderChart(
  title: string,
  caption: string,
  figures: readonly Figure[],
): string {
  const parts: string[] = [];
  let y = MARGIN + 14;
  parts.push(text(MARGIN, y, "title", title));
  y += 20;
  parts.push(text(MARGIN, y, "note", caption));
  y += 18;
  const left = labelColumn(figures);
  for (const figure of figures) {
    y += 22;
    parts.push(drawHeading(figure, y));
    y += 14;
    parts.push(drawBars(figure.bars, left, y));
    y += figure.bars.length * ROW_HEIGHT;
  }
  const height = y + MARGIN - 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">\n` +
    `<style>${STYLE}</style>\n` +
    `<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>\n` +
    `${parts.join("\n")}\n</svg>\n`;
}

const STYLE = `
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; }
.heading { font-weight: 600; }
.note, .unit { fill: #59636e; font-size: 12px; font-weight: 400; }
.label { text-anchor: end; }
.mine { font-weight: 600; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.ours { fill: #0969da; }
.theirs { fill: #aab4be; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note, .unit { fill: #9198a1; }
  .page { fill: #0d1117; stroke: #3d444d; }
  .ours { fill: #4493f8; }
  .theirs { fill: #59636e; }
}
`;

function drawHeading({ title, unit, better }: Figure, y: number): string {
  return `<text x="${MARGIN}" y="${y}" class="heading">${escape(title)}` +
    `<tspan class="unit" dx="8">${escape(unit)}, ${better} is better</tspan></text>`;
}

/** The start of the bars: after the longest label, the same in all groups. */
function labelColumn(figures: readonly Figure[]): number {
  const lengths = figures.flatMap(({ bars }) => bars.map(({ label }) => label.length));
  return Math.min(MARGIN + Math.max(0, ...lengths) * CHARACTER + GAP, WIDTH * 0.55);
}

function drawBars(bars: readonly Bar[], left: number, top: number): string {
  const values = bars.map((bar) => formatQuantity(bar.value));
  const longest = Math.max(...values.map((value) => value.length));
  const room = WIDTH - MARGIN - left - GAP - longest * CHARACTER;
  const largest = Math.max(...bars.map((bar) => bar.value), Number.MIN_VALUE);
  return bars.map((bar, row) => {
    const y = top + row * ROW_HEIGHT;
    const line = y + BAR_HEIGHT / 2 + BASELINE;
    // A minimum width, so that a tiny value is visible.
    const width = Math.max(1.5, bar.value / largest * room);
    const mine = bar.ours ? " mine" : "";
    return [
      text(left - GAP, line, `label${mine}`, bar.label),
      `<rect class="${bar.ours ? "ours" : "theirs"}" x="${round(left)}" y="${y}" ` +
      `width="${round(width)}" height="${BAR_HEIGHT}" rx="2"/>`,
      text(left + width + GAP * 0.7, line, `value${mine}`, values[row]!),
    ].join("\n");
  }).join("\n");
}

function text(x: number, y: number, style: string, content: string): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${style}">${escape(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
