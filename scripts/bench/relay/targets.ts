import type { Bar, Figure, Target } from "../lib/mod.ts";

export const OURS = "sessionctl";
export const MINIMAL = "minimal relay in Deno";

/** The share by which ours may be behind the minimal relay. */
const TOLERANCE = 0.05;

/**
 * Compares our bar with the best peer's and, in case that is missed, with the minimal relay's.
 *
 * @param bound The promised ratio of our value to the best peer's.
 * @param others Bars that are not contestants.
 */
export function targetsOf(
  { title, better, bars }: Pick<Figure, "title" | "better" | "bars">,
  bound = 1,
  others: readonly string[] = [],
): Target[] {
  const valueOf = (name: string) => bars.find(({ label }) => label === name)?.value;
  const [ours, minimal] = [valueOf(OURS), valueOf(MINIMAL)];
  const peers = bars.filter(({ label }) => ![OURS, MINIMAL, ...others].includes(label));
  const best = bestOf(peers, better);
  const sense = better === "higher" ? "at least" : "at most";
  const ratio = (value?: number) =>
    ours === undefined || value === undefined
      ? { unmeasured: "a contestant is missing" }
      : { value: ours / value };
  return [{
    what: `${title}: against the best peer${best ? `, ${best.label}` : ""}`,
    bound,
    sense,
    unit: "times",
    ...ratio(best?.value),
    otherwise: {
      what: `against the ${MINIMAL}`,
      bound: better === "higher" ? 1 - TOLERANCE : 1 + TOLERANCE,
      sense,
      unit: "times",
      ...ratio(minimal),
    },
  }];
}

function bestOf(bars: readonly Bar[], better: Figure["better"]): Bar | undefined {
  const sorted = bars.toSorted((a, b) => a.value - b.value);
  return better === "higher" ? sorted.at(-1) : sorted[0];
}
