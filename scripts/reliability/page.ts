import { machineFacts, paragraphs, table } from "../bench/lib/mod.ts";
import type { Outcome } from "./run.ts";

export interface PageFacts {
  readonly minutes: number;
  readonly seed: number;
  /** The commit that was tested. */
  readonly commit: string;
  readonly seconds: number;
}

/** The text of docs/reliability.md. */
export async function reliabilityPage(
  outcomes: readonly Outcome[],
  { minutes, seed, commit, seconds }: PageFacts,
): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const fuzz = outcomes.find(({ promised }) => promised.name === "fuzz");
  return paragraphs([
    "# Reliability",
    "This page lists what sessionctl promises, how each promise is tested, and the counts of one " +
    `run. \`deno task reliability --minutes ${minutes} --seed ${seed}\` wrote it on ${date}, for ` +
    `commit ${commit}, in ${Math.round(seconds)} s: ${(await machineFacts({})).long}.`,
    "The command runs the tests below by turns until the time is over, each at least once. The " +
    "tests report the counts themselves. The command fails if a test fails or a loss is counted.",
    "## Promises",
    table(
      ["promise", "verdict", "runs", "counts of the run"],
      outcomes.map((outcome) => [
        outcome.promised.promise,
        verdictOf(outcome),
        String(outcome.runs),
        outcome === fuzz ? inputsOf(outcome) : countsOf(outcome),
      ]),
    ),
    "## How each is tested",
    outcomes.map(({ promised: { promise, how, files, needs } }) => {
      const where = files.map((file) => `[${file}](../${file})`).join(", ");
      return `- ${promise}: ${how} Test: ${where}.${needs ? ` It needs ${needs}.` : ""}`;
    }).join("\n"),
    ...(fuzz && fuzz.counts.size > 0
      ? [
        "## Fuzzing",
        `Runs: ${fuzz.runs}, in ${fuzz.seconds.toFixed(0)} s.`,
        inputs(fuzz),
      ]
      : []),
  ]);
}

/** The verdict on a promise, in words. */
export function verdictOf({ failures, counts, promised }: Outcome): string {
  if (failures.length > 0) return "broken";
  return counts.size > 0
    ? "kept"
    : `not tested: needs ${promised.needs ?? "this system's support"}`;
}

function countsOf({ counts, promised }: Outcome): string {
  const isLoss = ([what]: [string, number]) => promised.losses.includes(what);
  const all = [...counts];
  return [...all.filter((count) => !isLoss(count)), ...all.filter(isLoss)]
    .map(([what, count]) => `${what}: ${count.toLocaleString("en-US")}`).join(", ");
}

function inputsOf({ counts }: Outcome): string {
  const sum = [...counts.values()].reduce((a, b) => a + b, 0);
  return `${sum.toLocaleString("en-US")} inputs of ${counts.size} kinds`;
}

function inputs({ counts }: Outcome): string {
  const rows = [...counts].sort(([a], [b]) => a.localeCompare(b));
  return table(
    ["inputs", "count"],
    rows.map(([what, count]) => [
      what,
      count.toLocaleString("en-US"),
    ]),
  );
}
