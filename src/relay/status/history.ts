import { BUCKET_SECONDS, type Histogram, REFUSAL_REASONS, type RelayStats } from "./stats.ts";

/** Interval between two samples, in milliseconds. */
const SAMPLE_MS = 2_000;
/** Five minutes. */
const SAMPLES = 150;
/** Number of samples that latencies are computed from. */
const LATENCY_SAMPLES = 10;

/** The plotted values at one time; latencies in seconds, null without measurements. */
export interface Point {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly open: number;
  readonly acceptedPerSecond: number;
  readonly refusedPerSecond: number;
  readonly bytesUpPerSecond: number;
  readonly bytesDownPerSecond: number;
  readonly handshakeP95: number | null;
  readonly connectP95: number | null;
}

interface Sample {
  readonly at: number;
  readonly stats: RelayStats;
}

/** The counts of a relay over the last few minutes. */
export class History {
  readonly #stats: () => Promise<RelayStats>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #samples: Sample[] = [];
  readonly #points: Point[] = [];
  #sampling = false;

  constructor(stats: () => Promise<RelayStats>) {
    this.#stats = stats;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#sample();
  }

  async #sample(): Promise<void> {
    // Busy workers may take longer to answer than the interval between two samples.
    if (this.#sampling) return;
    this.#sampling = true;
    try {
      this.add(Date.now(), structuredClone(await this.#stats()));
    } catch {
      /* The next one will do. */
    } finally {
      this.#sampling = false;
    }
  }

  /** Adds the counts at a time, in milliseconds since the epoch. */
  add(at: number, stats: RelayStats): void {
    const before = this.#samples.at(-1);
    this.#samples.push({ at, stats });
    if (this.#samples.length > LATENCY_SAMPLES + 1) this.#samples.shift();
    if (!before || at <= before.at) return;
    this.#points.push(pointOf(before, { at, stats }, this.#samples[0]!));
    if (this.#points.length > SAMPLES) this.#points.shift();
  }

  /** The last five minutes, the newest last. */
  points(): Point[] {
    return [...this.#points];
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function pointOf(before: Sample, now: Sample, first: Sample): Point {
  const seconds = (now.at - before.at) / 1000;
  // The newest counts of a worker that died are lost.
  const rate = (count: (stats: RelayStats) => number) =>
    Math.max(0, count(now.stats) - count(before.stats)) / seconds;
  return {
    at: now.at,
    open: now.stats.open,
    acceptedPerSecond: rate((stats) => stats.accepted),
    refusedPerSecond: rate(refusedIn),
    bytesUpPerSecond: rate((stats) => stats.bytesUp),
    bytesDownPerSecond: rate((stats) => stats.bytesDown),
    handshakeP95: quantile(first.stats.handshake, now.stats.handshake, 0.95),
    connectP95: quantile(first.stats.connect, now.stats.connect, 0.95),
  };
}

/** All connections that were refused, failed handshakes included. */
export function refusedIn(stats: RelayStats): number {
  return REFUSAL_REASONS.reduce(
    (sum, reason) => sum + stats.refused[reason],
    stats.handshakeFailures,
  );
}

/**
 * A quantile of the observations between two times, in seconds: the upper bound of its bucket. Null
 * without observations.
 */
export function quantile(before: Histogram, now: Histogram, share: number): number | null {
  const total = now.count - before.count;
  if (total <= 0) return null;
  let below = 0;
  for (const [i, bound] of BUCKET_SECONDS.entries()) {
    below += now.counts[i]! - before.counts[i]!;
    if (below >= total * share) return bound;
  }
  return BUCKET_SECONDS.at(-1)!;
}
