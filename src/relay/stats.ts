/** Why a connection was not carried. */
export const REFUSALS = [
  "no-target",
  "connect-failed",
  "connect-timeout",
  "client-not-allowed",
  "bad-request",
  "unknown-server-name",
] as const;
export type Refusal = typeof REFUSALS[number];

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

/** How many observations fell below each bound (not cumulated), and all of them. */
export interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** What a relay has done since it started. */
export interface RelayStats {
  open: number;
  accepted: number;
  readonly refused: Record<Refusal, number>;
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
    refused: Object.fromEntries(REFUSALS.map((reason) => [reason, 0])) as Record<Refusal, number>,
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

/** The totals over several relays, such as the workers of one. */
export function sumStats(all: readonly RelayStats[]): RelayStats {
  const total = emptyStats();
  for (const one of all) {
    for (const key of ["open", "accepted", "handshakeFailures", "aborted"] as const) {
      total[key] += one[key];
    }
    total.bytesUp += one.bytesUp;
    total.bytesDown += one.bytesDown;
    for (const reason of REFUSALS) total.refused[reason] += one.refused[reason];
    for (const name of ["handshake", "connect"] as const) {
      total[name].sum += one[name].sum;
      total[name].count += one[name].count;
      one[name].counts.forEach((count, i) => total[name].counts[i]! += count);
    }
  }
  return total;
}

/**
 * The text format Prometheus reads, version 0.0.4.
 * Source: Prometheus documentation, "Exposition formats".
 */
export function prometheusText(stats: RelayStats): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, samples: [string, number][]) => {
    lines.push(`# HELP sessionctl_relay_${name} ${help}`);
    lines.push(`# TYPE sessionctl_relay_${name} ${type}`);
    for (const [suffix, value] of samples) lines.push(`sessionctl_relay_${name}${suffix} ${value}`);
  };
  metric("connections_open", "gauge", "Connections open now.", [["", stats.open]]);
  metric("connections_accepted_total", "counter", "Connections accepted.", [["", stats.accepted]]);
  metric(
    "connections_refused_total",
    "counter",
    "Connections not carried, by reason.",
    REFUSALS.map((reason) => [`{reason="${reason}"}`, stats.refused[reason]]),
  );
  metric("connections_aborted_total", "counter", "Connections that ended in an abort.", [
    ["", stats.aborted],
  ]);
  metric("handshake_failures_total", "counter", "TLS handshakes that failed.", [
    ["", stats.handshakeFailures],
  ]);
  metric("bytes_total", "counter", "Bytes carried, by direction.", [
    [`{direction="up"}`, stats.bytesUp],
    [`{direction="down"}`, stats.bytesDown],
  ]);
  metric("handshake_seconds", "histogram", "Time a TLS handshake took.", series(stats.handshake));
  metric("connect_seconds", "histogram", "Time to connect to the target.", series(stats.connect));
  return `${lines.join("\n")}\n`;
}

function series({ counts, sum, count }: Histogram): [string, number][] {
  let below = 0;
  const buckets = counts.map((inBucket, i): [string, number] => {
    below += inBucket;
    return [`_bucket{le="${BUCKET_SECONDS[i]}"}`, below];
  });
  return [...buckets, [`_bucket{le="+Inf"}`, count], ["_sum", sum], ["_count", count]];
}
