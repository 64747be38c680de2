import {
  type Bar,
  type Figure,
  interleave,
  type LoadOptions,
  type LoadResult,
  runLoad,
  Samples,
  type Target,
} from "../lib/mod.ts";
import { FEW, MANY, type Scene, SOME } from "./scene.ts";
import { CONNECTIONS } from "./world.ts";

const ROUNDS = 5;
const THROUGHPUT_SECONDS = 1.2;
const LATENCY_SECONDS = 0.5;
const MEGABYTE = 1e6;

/** The session numbers for lookups of a single path. */
const ONE: readonly [number, number] = [7, 8];

/** Runs the load; returns the number to compare, and records the whole result. */
function recording<Key extends keyof LoadResult>(
  results: LoadResult[],
  options: LoadOptions,
  key: Key,
): () => Promise<number> {
  return async () => {
    const result = await runLoad(options);
    results.push(result);
    return result[key];
  };
}

/** The median of one number over all rounds, formatted. */
function median(results: readonly LoadResult[], key: keyof LoadResult): string {
  return new Samples(results.map((result) => result[key])).median.toPrecision(3);
}

export async function measureThroughput(
  { world, few, rivalFew, ceiling }: Scene,
): Promise<Figure> {
  const contestants = { ours: few, rival: rivalFew, ceiling };
  const results = { ours: [], rival: [], ceiling: [] } as Record<string, LoadResult[]>;
  const load = { connections: CONNECTIONS, seconds: THROUGHPUT_SECONDS };
  const measure = (name: keyof typeof contestants) =>
    recording(results[name]!, world.lookingUp(contestants[name].socket, ONE, load), "rate");
  const rates = await interleave({
    ours: measure("ours"),
    rival: measure("rival"),
    ceiling: measure("ceiling"),
  }, { rounds: ROUNDS });
  const bar = (name: keyof typeof contestants): Bar => ({
    label: contestants[name].label,
    value: rates[name].median,
    ours: name === "ours",
    columns: {
      "p50 (ms)": median(results[name]!, "p50"),
      "p95 (ms)": median(results[name]!, "p95"),
      "p99 (ms)": median(results[name]!, "p99"),
    },
  });
  return {
    title: `Lookups over ${CONNECTIONS} kept-alive connections`,
    unit: "requests/s",
    better: "higher",
    bars: [bar("ours"), bar("rival"), bar("ceiling")],
    targets: [{
      what: `lookups/s against ${rivalFew.label}`,
      sense: "at least",
      bound: 20,
      unit: "times",
      value: rates.ours.median / rates.rival.median,
    }],
  };
}

/**
 * Latencies with few and with many sessions. First for a hundred paths spread over all sessions, so
 * that only the number of other sessions differs; then for any path.
 */
export async function measureLatencies(scene: Scene): Promise<Figure[]> {
  const spread = await measureLatency(
    scene,
    "Looking up one of 100 paths among many sessions",
    (count) => count / FEW,
  );
  const any = await measureLatency(scene, "Looking up any of the sessions", () => 1);
  const value = spread.bars[2]!.value / spread.bars[0]!.value;
  const target: Target = {
    what: "p50 of a lookup among 100,000 sessions against 100",
    sense: "at most",
    bound: 1.5,
    unit: "times",
    value,
  };
  return [{ ...spread, targets: [target] }, any];
}

async function measureLatency(
  { world, few, some, many, rivalFew, rivalSome }: Scene,
  title: string,
  step: (count: number) => number,
): Promise<Figure> {
  const contestants = [
    { ...few, count: FEW, ours: true },
    { ...some, count: SOME, ours: true },
    { ...many, count: MANY, ours: true },
    { ...rivalFew, count: FEW, ours: false },
    { ...rivalSome, count: SOME, ours: false },
  ].map((contestant) => ({ ...contestant, results: [] as LoadResult[] }));
  const load = (count: number) => ({
    connections: 1,
    seconds: LATENCY_SECONDS,
    step: step(count),
  });
  const times = await interleave(
    Object.fromEntries(contestants.map(({ label, socket, count, results }) => [
      `${label}, ${count.toLocaleString("en-US")} sessions`,
      recording(results, world.lookingUp(socket, [0, count], load(count)), "p50"),
    ])),
    { rounds: ROUNDS },
  );
  const bars = Object.entries(times).map(([label, samples], index): Bar => ({
    label,
    value: samples.median * 1000,
    ours: contestants[index]!.ours,
    columns: { "p95 (ms)": median(contestants[index]!.results, "p95") },
  }));
  return { title, unit: "µs, p50", better: "lower", bars };
}

/** Registers sessions in alternating batches; then both have as many as the latencies need. */
export async function measureAdding({ world, many, rivalSome }: Scene): Promise<Figure> {
  const batches = (socket: string, total: number) => {
    let next = 0;
    const size = total / ROUNDS;
    return async () => {
      const result = await runLoad(world.adding(socket, [next, next += size]));
      return result.rate;
    };
  };
  const rates = await interleave({
    ours: batches(many.socket, MANY),
    rival: batches(rivalSome.socket, SOME),
  }, { rounds: ROUNDS, warmups: 0 });
  return {
    title: `Registering over ${CONNECTIONS} connections`,
    unit: "registrations/s",
    better: "higher",
    bars: [
      { label: `${many.label}, on disk`, value: rates.ours.median, ours: true },
      { label: `${rivalSome.label}, in memory`, value: rates.rival.median },
    ],
    targets: [{
      what: "registrations, each on disk before its answer",
      sense: "at least",
      bound: 5000,
      unit: "/s",
      value: rates.ours.median,
    }],
  };
}

export async function measureMemory({ few, some, many, rivalSome }: Scene): Promise<Figure> {
  const measured: Bar[] = [];
  for (
    const [contestant, count] of [[few, FEW], [some, SOME], [many, MANY], [
      rivalSome,
      SOME,
    ]] as const
  ) {
    const { rss, pss } = await contestant.server.memory();
    measured.push({
      label: `${contestant.label}, ${count.toLocaleString("en-US")} sessions`,
      value: rss / MEGABYTE,
      ours: contestant !== rivalSome,
      columns: { "PSS (MB)": (pss / MEGABYTE).toFixed(0) },
    });
  }
  return {
    title: "Memory after all of that",
    unit: "MB, resident",
    better: "lower",
    bars: measured,
    targets: [{
      what: "memory of serve with 100,000 sessions",
      sense: "at most",
      bound: 250,
      unit: "MB",
      value: measured[2]!.value,
    }],
  };
}
