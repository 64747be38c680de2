import type { ConnectionRecord } from "../log/record.ts";
import type { Snapshot } from "./snapshot.ts";

/** A snapshot as JSON for programs: times as in RFC 3339, the newest records first. */
export function snapshotJson(snapshot: Snapshot): Record<string, unknown> {
  const { stats, activity, certificate, lastReload } = snapshot;
  const { open, accepted, refused, handshakeFailures, aborted, bytesUp, bytesDown } = stats;
  return {
    version: snapshot.version,
    pid: snapshot.pid,
    address: snapshot.address,
    workers: snapshot.workers,
    startedAt: time(snapshot.startedAt),
    healthy: snapshot.healthy,
    certificate: certificate && { ...certificate, notAfter: time(certificate.notAfter) },
    lastReload: lastReload && { ...lastReload, at: time(lastReload.at) },
    targets: activity.targets.map(({ lastError, reachedAt, ...target }) => ({
      ...target,
      reachedAt: reachedAt === undefined ? undefined : time(reachedAt),
      lastError: lastError && { ...lastError, at: time(lastError.at) },
    })),
    windows: snapshot.windows,
    counts: { open, accepted, refused, handshakeFailures, aborted, bytesUp, bytesDown },
    connections: {
      open: records(activity.open),
      ended: records(activity.ended),
      refused: records(activity.refused),
    },
  };
}

const time = (at: number) => new Date(at).toISOString();

const records = (list: readonly ConnectionRecord[]) =>
  list.toReversed().map((record) => ({
    ...record,
    at: time(record.at),
    durationMs: Math.round(record.durationMs),
  }));
