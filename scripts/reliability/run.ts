import { basename } from "@std/path";
import type { Promised } from "./promises.ts";

/** Time limit of one run of a promise's tests, in milliseconds: a test that hangs breaks it. */
const RUN_LIMIT_MS = 10 * 60_000;

/** The results of all runs of one promise's tests. */
export interface Outcome {
  readonly promised: Promised;
  runs: number;
  /** Seconds of wall time. */
  seconds: number;
  /** The counts that the tests reported, summed. */
  readonly counts: Map<string, number>;
  /** Why the promise is broken: the output of each failed run, or a loss. */
  readonly failures: string[];
}

export interface RunOptions {
  /** The project's folder. */
  readonly directory: string;
  /** The seed of the first round; it increases by one in each round. */
  readonly seed: number;
  /** The time for all rounds, in milliseconds. Every promise is tested at least once. */
  readonly ms: number;
  /** Called after each run. */
  onRun(outcome: Outcome, seed: number): void;
}

/** Tests the promises in rounds until the time is over. */
export async function testPromises(
  promises: readonly Promised[],
  options: RunOptions,
): Promise<Outcome[]> {
  const end = performance.now() + options.ms;
  const outcomes = promises.map((promised): Outcome => ({
    promised,
    runs: 0,
    seconds: 0,
    counts: new Map(),
    failures: [],
  }));
  for (let round = 0;; round++) {
    const due = outcomes.filter((outcome) => round === 0 || isWorthAnother(outcome));
    let ran = 0;
    for (const outcome of due) {
      const expected = outcome.runs === 0 ? 0 : outcome.seconds / outcome.runs * 1000;
      if (round > 0 && performance.now() + expected > end) continue;
      await runOnce(outcome, options.directory, options.seed + round);
      options.onRun(outcome, options.seed + round);
      ran++;
    }
    if (ran === 0) return outcomes;
  }
}

/** Whether the promise is neither broken nor skipped for lack of its requirements. */
function isWorthAnother({ failures, counts }: Outcome): boolean {
  return failures.length === 0 && counts.size > 0;
}

async function runOnce(outcome: Outcome, directory: string, seed: number): Promise<void> {
  const { files, filter, losses } = outcome.promised;
  const tally = await Deno.makeTempFile({ prefix: "sessionctl-tally-" });
  const started = performance.now();
  try {
    const filters = filter === undefined ? [] : [`--filter=${filter}`];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", "--quiet", ...filters, ...files],
      cwd: directory,
      env: { SESSIONCTL_TALLY: tally, FUZZ_SEED: String(seed), NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(RUN_LIMIT_MS),
    }).output();
    if (!success) {
      const decoder = new TextDecoder();
      outcome.failures.push(decoder.decode(stdout) + decoder.decode(stderr));
    }
    for (const line of (await Deno.readTextFile(tally)).split("\n").filter(Boolean)) {
      for (const [what, count] of Object.entries(JSON.parse(line) as Record<string, number>)) {
        outcome.counts.set(what, (outcome.counts.get(what) ?? 0) + count);
      }
    }
  } finally {
    await Deno.remove(tally);
  }
  outcome.runs++;
  outcome.seconds += (performance.now() - started) / 1000;
  for (const loss of losses) {
    const count = outcome.counts.get(loss) ?? 0;
    if (count > 0 && outcome.failures.length === 0) {
      outcome.failures.push(`${count} ${loss} (${files.map((file) => basename(file)).join(", ")})`);
    }
  }
}
