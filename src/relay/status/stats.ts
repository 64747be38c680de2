/** The reasons for which connections are refused. */
export const REFUSAL_REASONS = [
  "no-target",
  "connect-failed",
  "connect-timeout",
  "client-not-allowed",
  "bad-request",
  "unknown-server-name",
] as const;
export type RefusalReason = typeof REFUSAL_REASONS[number];

/** Upper bounds of the histograms' buckets, in seconds. */
export const BUCKET_SECONDS = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
] as const;

/** Number of observations in each bucket (not cumulative), and in total. */
export interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** The counts of a relay since its start. */
export interface RelayStats {
  open: number;
  accepted: number;
  readonly refused: Record<RefusalReason, number>;
  handshakeFailures: number;
  aborted: number;
  bytesUp: number;
  bytesDown: number;
  readonly handshake: Histogram;
  readonly connect: Histogram;
}

export function emptyStats(): RelayStats {
  return {
    open: 0,
    accepted: 0,
    refused: Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Record<
      RefusalReason,
      number
    >,
    handshakeFailures: 0,
    aborted: 0,
    bytesUp: 0,
    bytesDown: 0,
    handshake: emptyHistogram(),
    connect: emptyHistogram(),
  };
}

function emptyHistogram(): Histogram {
  return { counts: BUCKET_SECONDS.map(() => 0), sum: 0, count: 0 };
}

/** Counts one observation of `milliseconds`. */
export function observe(histogram: Histogram, milliseconds: number): void {
  const seconds = milliseconds / 1000;
  histogram.sum += seconds;
  histogram.count++;
  for (let i = 0; i < BUCKET_SECONDS.length; i++) {
    if (seconds <= BUCKET_SECONDS[i]!) {
      histogram.counts[i]!++;
      return;
    }
  }
}

/** The totals of several relays, such as the workers of one. */
export function sumStats(all: readonly RelayStats[]): RelayStats {
  const total = emptyStats();
  for (const one of all) {
    for (const key of ["open", "accepted", "handshakeFailures", "aborted"] as const) {
      total[key] += one[key];
    }
    total.bytesUp += one.bytesUp;
    total.bytesDown += one.bytesDown;
    for (const reason of REFUSAL_REASONS) total.refused[reason] += one.refused[reason];
    for (const name of ["handshake", "connect"] as const) {
      total[name].sum += one[name].sum;
      total[name].count += one[name].count;
      one[name].counts.forEach((count, i) => total[name].counts[i]! += count);
    }
  }
  return total;
}
