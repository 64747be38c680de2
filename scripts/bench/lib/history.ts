import { formatQuantity, type Report } from "./report.ts";
import { Samples } from "./samples.ts";

/** The results of one run of a bench; a line of `docs/bench/history.jsonl`. */
export interface HistoryEntry {
  /** For example `2026-11-28`. */
  readonly date: string;
  /** The commit that was measured, with `-dirty` if the working copy differed from it. */
  readonly commit: string;
  /** Processor, cores and architecture: only entries of one kind of machine are compared. */
  readonly machine: string;
  /** The bench's name. */
  readonly name: string;
  /** How long the run took, in seconds. */
  readonly seconds?: number;
  readonly ratios: Readonly<Record<string, Ratio>>;
}

/** Our value divided by a competitor's from the same run. */
export interface Ratio {
  readonly value: number;
  readonly better: "higher" | "lower";
}

/** Ratios that worsened by more than this share are printed. */
const TOLERANCE = 0.05;
/** The number of preceding runs to compare with. */
const EARLIER_RUNS = 10;

/**
 * Returns the ratios of a report: in each figure, each of our bars divided by each other bar. The
 * measured values themselves show more about the machine than about sessionctl.
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
 * Appends an entry to the history, which need not exist. It is compared with the last ten entries of
 * the same bench on the same kind of machine.
 *
 * @returns one line for each ratio that is more than 5 % worse than the median of the earlier ones,
 * and worse than each of them, because a value that an earlier run also showed is noise.
 */
export async function appendHistory(path: string, entry: HistoryEntry): Promise<string[]> {
  const earlier = (await entriesOf(path, entry.name, entry.machine)).slice(-EARLIER_RUNS);
  await Deno.writeTextFile(path, `${JSON.stringify(entry)}\n`, { append: true });
  return losses(earlier, entry);
}

/** The entries of a bench on one kind of machine, oldest first; none if there is no history. */
async function entriesOf(path: string, name: string, machine: string): Promise<HistoryEntry[]> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as HistoryEntry)
    .filter((entry) => entry.name === name && entry.machine === machine);
}

/** How long the last run of a bench on one kind of machine took, in seconds; 0 if unknown. */
export async function lastSeconds(path: string, name: string, machine: string): Promise<number> {
  return (await entriesOf(path, name, machine)).at(-1)?.seconds ?? 0;
}

function losses(earlier: readonly HistoryEntry[], { ratios }: HistoryEntry): string[] {
  return Object.entries(ratios).flatMap(([what, { value, better }]) => {
    const former = earlier.flatMap((entry) => entry.ratios[what]?.value ?? []);
    if (former.length === 0) return [];
    const { median, min, max } = new Samples(former);
    const loss = better === "lower" ? value / median - 1 : median / value - 1;
    const isWorst = better === "lower" ? value > max : value < min;
    if (!(loss > TOLERANCE) || !isWorst) return [];
    const runs = former.length === 1 ? "the run" : `the median of ${former.length} runs`;
    return `worse by ${Math.round(loss * 100)} % than ${runs} before: ${what}: ` +
      `${formatQuantity(median)} -> ${formatQuantity(value)}`;
  });
}

/** The commit of the working copy in `directory`, or `unknown` outside of a repository. */
export async function commitOf(directory: string): Promise<string> {
  const args = ["describe", "--always", "--dirty", "--exclude=*"];
  const git = new Deno.Command("git", { args, cwd: directory, stderr: "null" });
  const { stdout } = await git.output().catch(() => ({ stdout: new Uint8Array() }));
  return new TextDecoder().decode(stdout).trim() || "unknown";
}
