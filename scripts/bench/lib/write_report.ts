import { join } from "@std/path";
import { renderChart } from "./chart.ts";
import { machineFacts } from "./machine.ts";
import { paragraphs, table } from "./markdown.ts";
import {
  type Bar,
  type Figure,
  formatQuantity,
  type Report,
  type Target,
  verdict,
  withUnit,
} from "./report.ts";

/**
 * Writes `NAME.md` and `NAME.svg`.
 *
 * @param command The command line that measured it, as typed.
 * @returns one line for each target.
 */
export async function writeReport(
  directory: string,
  name: string,
  command: string,
  report: Report,
): Promise<{ readonly verdicts: string[] }> {
  const facts = await machineFacts(report.versions ?? {});
  const date = new Date().toISOString().slice(0, 10);
  const targets = report.figures.flatMap((figure) => figure.targets ?? []);
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(
    join(directory, `${name}.svg`),
    renderChart(report.title, `${date} · ${facts.short}`, report.figures),
  );
  const page = paragraphs([
    `# ${report.title}`,
    report.introduction,
    `Measured on ${date} by \`${command}\`: ${facts.long}.`,
    `![${report.title}](${name}.svg)`,
    ...(targets.length > 0 ? ["## Targets", targetTable(targets)] : []),
    ...report.figures.flatMap((figure) => [figureHeading(figure), figureTable(figure)]),
    ...(report.notes ? ["## How it was measured", ...report.notes] : []),
  ]);
  await Deno.writeTextFile(join(directory, `${name}.md`), page);
  return { verdicts: targets.map((target) => `${target.what}: ${verdict(target)}`) };
}

function targetTable(targets: readonly Target[]): string {
  return table(
    ["what", "target", "measured", "verdict"],
    targets.map((target) => [target.what, promised(target), measured(target), verdict(target)]),
  );
}

function promised({ sense, bound, unit, otherwise }: Target): string {
  const first = `${sense} ${withUnit(bound, unit)}`;
  if (!otherwise) return first;
  return `${first}, or ${withUnit(otherwise.bound, otherwise.unit)} ${otherwise.what}`;
}

function measured({ value, unit, otherwise }: Target): string {
  const first = value === undefined ? "–" : withUnit(value, unit);
  return otherwise ? `${first}, or ${measured(otherwise)}` : first;
}

function figureHeading({ title, unit, better }: Figure): string {
  return `## ${title}\n\nIn ${unit}; ${better} is better.`;
}

function figureTable({ bars, unit }: Figure): string {
  const extra = [...new Set(bars.flatMap((bar) => Object.keys(bar.columns ?? {})))];
  const reference = bars.find((bar) => bar.ours) ?? bars[0]!;
  const ratio = (bar: Bar) => `${formatQuantity(bar.value / reference.value)}`;
  return table(
    ["", unit, ...extra, `ratio to ${reference.label}`],
    bars.map((bar) => [
      bar.label,
      formatQuantity(bar.value),
      ...extra.map((column) => bar.columns?.[column] ?? ""),
      ratio(bar),
    ]),
  );
}
