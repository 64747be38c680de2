import { type Bar, type Figure, formatQuantity, interleave } from "../lib/mod.ts";
import { cpuSeconds } from "./process_tree.ts";
import { load, type Running } from "./scene.ts";
import { targetsOf } from "./targets.ts";
import { BULK_BYTES, type Work } from "./workload.ts";

const ROUNDS = 4;
/** Short, because every connection occupies one of 28,000 ports for a minute (TIME_WAIT). */
const SECONDS = 1;

/** The subject of a figure. */
export interface Subject {
  readonly title: string;
  readonly unit: "MB/s" | "requests/s" | "connections/s";
  /** The promised ratio of our rate to the best peer's; 1 by default. */
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
  const figure = { title, unit, better: "higher" as const, bars };
  return { ...figure, targets: targetsOf(figure, bound) };
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
