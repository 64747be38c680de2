import { formatQuantity, type Report } from "./report.ts";

/** What one run of a bench measured; a line of `docs/bench/history.jsonl`. */
export interface HistoryEntry {
  /** Such as `2026-11-28`. */
  readonly date: string;
  /** The commit that was measured, with `-dirty` if files differed from it. */
  readonly commit: string;
  /** Processor, cores and architecture: only entries of one kind of machine are compared. */
  readonly machine: string;
  /** The bench. */
  readonly name: string;
  readonly ratios: Readonly<Record<string, Ratio>>;
}

/** Ours divided by another's, which was measured in the same run. */
export interface Ratio {
  readonly value: number;
  readonly better: "higher" | "lower";
}

/** What became worse by more than this share is printed. */
const TOLERANCE = 0.05;

/**
 * The ratios of a report: in each figure, each bar of ours divided by each other bar. The measured
 * values themselves say more about the machine than about sessionctl.
 */
export function ratiosOf({ figures }: Pick<Report, "figures">): Record<string, Ratio> {
  const ratios: Record<string, Ratio> = {};
  for (const { title, better, bars } of figures) {
    for (const ours of bars.filter((bar) => bar.ours)) {
      for (const other of bars.filter((bar) => !bar.ours)) {
        const value = ours.value / other.value;
        if (!Number.isFinite(value)) continue;
        ratios[`${title}: ${ours.label} / ${other.label}`] = {
          value: Number(value.toPrecision(4)),
          better,
        };
      }
    }
  }
  return ratios;
}

/**
 * Appends an entry to the history, which need not exist.
 *
 * @returns one line for each ratio that is worse by more than 5 % than in the last entry of the
 * same bench on the same kind of machine.
 */
export async function appendHistory(path: string, entry: HistoryEntry): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  const entries = text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as HistoryEntry);
  const last = entries.findLast(({ name, machine }) =>
    name === entry.name && machine === entry.machine
  );
  await Deno.writeTextFile(path, `${JSON.stringify(entry)}\n`, { append: true });
  return last === undefined ? [] : losses(last, entry);
}

function losses(before: HistoryEntry, after: HistoryEntry): string[] {
  return Object.entries(after.ratios).flatMap(([what, { value, better }]) => {
    const former = before.ratios[what]?.value;
    if (former === undefined) return [];
    const loss = better === "lower" ? value / former - 1 : former / value - 1;
    if (!(loss > TOLERANCE)) return [];
    return `worse by ${Math.round(loss * 100)} % than on ${before.date} (${before.commit}): ` +
      `${what}: ${formatQuantity(former)} -> ${formatQuantity(value)}`;
  });
}

/** The commit of the working copy in `directory`, or `unknown` outside of a repository. */
export async function commitOf(directory: string): Promise<string> {
  const args = ["describe", "--always", "--dirty", "--exclude=*"];
  const git = new Deno.Command("git", { args, cwd: directory, stderr: "null" });
  const { stdout } = await git.output().catch(() => ({ stdout: new Uint8Array() }));
  return new TextDecoder().decode(stdout).trim() || "unknown";
}
