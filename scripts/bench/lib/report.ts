import type { ContestantResults } from "./interleave.ts";

/** The result of a bench; `writeReport` turns it into a page and a chart. */
export interface Report {
  readonly title: string;
  /** A paragraph that introduces the subject and the competitors. */
  readonly introduction: string;
  /** The participants' versions besides the machine's and the runtime's, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  /** The method, the omissions and their reasons; one paragraph each. */
  readonly notes?: readonly string[];
}

/** One group of bars that share a unit. */
export interface Figure {
  readonly title: string;
  /** For example "requests/s", "ms" or "MB"; shown once, beside the title. */
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly bars: readonly Bar[];
  readonly targets?: readonly Target[];
}

export interface Bar {
  readonly label: string;
  /** The median, in the figure's unit. */
  readonly value: number;
  /** Whether the bar is sessionctl's, which is drawn in colour. */
  readonly ours?: boolean;
  /** Additional columns of the table, such as p95, ready to print. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** The bars of whole processes; those of sessionctl begin with its name. */
export function barsOf(times: ContestantResults<string>): Bar[] {
  return Object.entries(times).map(([label, samples]) => ({
    label,
    value: samples.median,
    ours: label.startsWith("sessionctl"),
    columns: { min: samples.min.toFixed(1), p95: samples.quantile(0.95).toFixed(1) },
  }));
}

/** A promised figure, and its actual value. */
export interface Target {
  /** The comparison, such as "lookups against code-server's". */
  readonly what: string;
  readonly bound: number;
  readonly sense: "at least" | "at most";
  /** For example "times"; empty for a bare number. */
  readonly unit: string;
  /** The measured value; absent if it could not be measured. */
  readonly value?: number;
  /** The reason why it could not be measured. */
  readonly unmeasured?: string;
  /** A second comparison, which is sufficient if the first target is missed. */
  readonly otherwise?: Target;
}

/** Three significant digits, thousands grouped: `74,300`, `12.3`, `0.0451`. */
export function formatQuantity(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) {
    const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
    return (Math.round(value / step) * step).toLocaleString("en-US");
  }
  return value === 0 ? "0" : String(Number(value.toPrecision(3)));
}

/**
 * Whether a target was reached: "met", "missed by 0.4 times (27 %)", "not measured: ...". If only
 * its second comparison holds, the verdict names it: "met against the minimal relay".
 * A difference that rounds to zero is "missed by less than 0.1 %".
 */
export function verdict(target: Target): string {
  const { value, bound, otherwise } = target;
  if (otherwise && !isMet(target) && isMet(otherwise)) return `met ${otherwise.what}`;
  if (value === undefined) return `not measured: ${target.unmeasured ?? "no reason given"}`;
  const missing = target.sense === "at least" ? bound - value : value - bound;
  if (missing <= 0) return "met";
  const percent = missing / bound * 100;
  if (percent < 0.1) return "missed by less than 0.1 %";
  const share = percent < 1 ? percent.toFixed(1) : Math.round(percent);
  return `missed by ${withUnit(missing, target.unit)} (${share} %)`;
}

function isMet({ value, bound, sense }: Target): boolean {
  return value !== undefined && (sense === "at least" ? value >= bound : value <= bound);
}

/** `1.25 times`, `5,000/s`, `300 MB`. */
export function withUnit(value: number, unit: string): string {
  const separator = unit === "" || unit.startsWith("/") ? "" : " ";
  return `${formatQuantity(value)}${separator}${unit}`;
}
