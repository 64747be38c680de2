import { type Bar, type Figure, interleave } from "../lib/mod.ts";
import type { Scene } from "./contestants.ts";
import { load, type Running } from "./scene.ts";
import { OURS, targetsOf } from "./targets.ts";

const DIRECT = "direct, without TLS";

/** The latency that each contestant adds to an echo, compared with a direct connection. */
export async function latencies(
  { backend, anchor }: Scene,
  running: readonly Running[],
): Promise<Figure[]> {
  console.error("bench: latency");
  const all: Record<string, () => Promise<number[]>> = {
    [DIRECT]: () => load({ kind: "latency", path: backend, seconds: 0 }),
  };
  for (const { name, where } of running) {
    all[name] = () => load({ kind: "latency", ...where, cert: anchor, seconds: 0 });
  }
  const results = await interleave(all, { rounds: 3 });
  return ([["p50", 0.5], ["p99", 0.99]] as const).map(([name, quantile]) => {
    const direct = results[DIRECT]!.quantile(quantile);
    const bars = Object.entries(results).map(([label, samples]): Bar => {
      const value = samples.quantile(quantile);
      const added = label === DIRECT ? "" : (value - direct).toFixed(0);
      return { label, value, ours: label === OURS, columns: { added } };
    });
    const figure = {
      title: `One echo of 1 kB, ${name}`,
      unit: "µs",
      better: "lower" as const,
      bars,
    };
    return { ...figure, targets: targetsOf(figure, 1, [DIRECT]) };
  });
}
