import { BUCKET_SECONDS, type Histogram, REFUSAL_REASONS, type RelayStats } from "./stats.ts";
import type { SnapshotInfo } from "./snapshot.ts";

type Sample = [suffix: string, value: number];

/**
 * The text format Prometheus reads, version 0.0.4.
 * Source: Prometheus documentation, "Exposition formats".
 */
export function prometheusText(stats: RelayStats, info: SnapshotInfo): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, samples: Sample[]) => {
    if (samples.length === 0) return;
    lines.push(`# HELP sessionctl_relay_${name} ${help}`);
    lines.push(`# TYPE sessionctl_relay_${name} ${type}`);
    for (const [suffix, value] of samples) lines.push(`sessionctl_relay_${name}${suffix} ${value}`);
  };
  metric("connections_open", "gauge", "Open connections.", [["", stats.open]]);
  metric("connections_accepted_total", "counter", "Connections accepted.", [["", stats.accepted]]);
  metric(
    "connections_refused_total",
    "counter",
    "Refused connections, by reason.",
    REFUSAL_REASONS.map((reason) => [`{reason="${reason}"}`, stats.refused[reason]]),
  );
  metric("connections_aborted_total", "counter", "Connections that ended in an abort.", [
    ["", stats.aborted],
  ]);
  metric("handshake_failures_total", "counter", "Failed TLS handshakes.", [
    ["", stats.handshakeFailures],
  ]);
  metric("bytes_total", "counter", "Bytes transferred, by direction.", [
    [`{direction="up"}`, stats.bytesUp],
    [`{direction="down"}`, stats.bytesDown],
  ]);
  metric("handshake_seconds", "histogram", "Duration of TLS handshakes.", series(stats.handshake));
  metric(
    "connect_seconds",
    "histogram",
    "Duration of connects to the target.",
    series(stats.connect),
  );
  const { version, startedAt, certificate, lastReload } = info;
  metric("info", "gauge", "The version, as a label.", [[`{version="${version}"}`, 1]]);
  metric("start_time_seconds", "gauge", "Start time of the relay, since the epoch.", [
    ["", startedAt / 1000],
  ]);
  metric(
    "certificate_expiry_seconds",
    "gauge",
    "Expiry time of the certificate, since the epoch.",
    certificate ? [["", certificate.notAfter / 1000]] : [],
  );
  metric(
    "last_reload_seconds",
    "gauge",
    "Time of the last reload of a certificate, CA or token, since the epoch.",
    lastReload ? [["", lastReload.at / 1000]] : [],
  );
  metric(
    "last_reload_successful",
    "gauge",
    "Whether the last reload succeeded.",
    lastReload ? [["", lastReload.error === undefined ? 1 : 0]] : [],
  );
  return `${lines.join("\n")}\n`;
}

function series({ counts, sum, count }: Histogram): Sample[] {
  let below = 0;
  const buckets = counts.map((inBucket, i): Sample => {
    below += inBucket;
    return [`_bucket{le="${BUCKET_SECONDS[i]}"}`, below];
  });
  return [...buckets, [`_bucket{le="+Inf"}`, count], ["_sum", sum], ["_count", count]];
}
