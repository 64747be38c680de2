import {
  type Bar,
  type ContestantResults,
  type Figure,
  formatQuantity,
  interleave,
  type Target,
} from "../lib/mod.ts";
import { cpuSeconds } from "./process_tree.ts";
import { load, type Running } from "./scene.ts";
import { BULK_BYTES, type Work } from "./workload.ts";

const ROUNDS = 4;
/** Short, because every connection occupies one of 28,000 ports for a minute (TIME_WAIT). */
const SECONDS = 1;
export const OURS = "sessionctl";

/** The subject of a figure. */
export interface Subject {
  readonly title: string;
  readonly unit: "MB/s" | "requests/s" | "connections/s";
  /** The promised ratio of our rate to the best peer's; absent if nothing was promised. */
  readonly bound?: number;
}

/** The result of one load: its rate, and the total amount. */
export interface Outcome {
  readonly rate: number;
  readonly amount: number;
  /** Additional columns of this contestant. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** Measures all contestants alternately, with the CPU time that each spent. */
export async function figure(
  { title, unit, bound }: Subject,
  running: readonly Running[],
  measure: (one: Running) => Promise<Outcome>,
): Promise<Figure> {
  console.error(`bench: ${title}`);
  const spent = new Map(running.map(({ name }) => [name, { cpu: 0, amount: 0 }]));
  const columns = new Map<string, Outcome["columns"]>();
  const measures = running.map((one) =>
    [one.name, async () => {
      const before = await cpuSeconds(one.server.pid);
      const outcome = await measure(one);
      const total = spent.get(one.name)!;
      total.cpu += await cpuSeconds(one.server.pid) - before;
      total.amount += outcome.amount;
      columns.set(one.name, outcome.columns);
      return outcome.rate;
    }] as const
  );
  const results = await interleave(Object.fromEntries(measures), { rounds: ROUNDS, warmups: 1 });
  const bars = running.map(({ name, ours }): Bar => ({
    label: name,
    value: results[name]!.median,
    ours,
    columns: { ...cpuColumn(unit, spent.get(name)!), ...columns.get(name) },
  }));
  const targets = bound === undefined ? [] : [againstBest(title, results, bound)];
  return { title, unit, better: "higher", bars, targets };
}

function cpuColumn(
  unit: Subject["unit"],
  { cpu, amount }: { cpu: number; amount: number },
): Record<string, string> {
  return unit === "MB/s"
    ? { "CPU s per GB": formatQuantity(cpu / amount * 1e9) }
    : { "CPU µs each": formatQuantity(cpu / amount * 1e6) };
}

/** Measures a figure with the benches' own load generator. */
export function loadFigure(
  subject: Subject,
  running: readonly Running[],
  kind: Work["kind"],
  cert: string,
): Promise<Figure> {
  return figure(subject, running, async ({ where }) => {
    const [rate] = await load({ kind, ...where, cert, seconds: SECONDS });
    return { rate: rate!, amount: subject.unit === "MB/s" ? BULK_BYTES : rate! * SECONDS };
  });
}

function againstBest(title: string, results: ContestantResults<string>, bound: number): Target {
  const others = Object.entries(results).filter(([name]) => name !== OURS);
  const best = others.toSorted(([, a], [, b]) => b.median - a.median)[0];
  const what = best
    ? `${title}: against the best peer, ${best[0]}`
    : `${title}: against the best peer`;
  return {
    what,
    bound,
    sense: "at least",
    unit: "times",
    ...(best
      ? { value: results[OURS]!.median / best[1].median }
      : { unmeasured: "no peer is installed" }),
  };
}
