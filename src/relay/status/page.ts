import type { ConnectionRecord } from "../log/record.ts";
import { REFUSAL_REASONS } from "./stats.ts";
import type { TargetState } from "../log/target_log.ts";
import type { Point } from "./history.ts";
import { Markup, markup } from "./markup.ts";
import { bytes, duration, moment } from "./quantities.ts";
import type { EditorWindow, Snapshot } from "./snapshot.ts";
import { STYLE } from "./style.ts";
import { tiles } from "./tiles.ts";

/** Interval at which a browser reloads the page, in seconds. */
const REFRESH_S = 5;
const EXPIRES_SOON_MS = 14 * 86_400_000;
const MOST_ROWS = 100;

/** The status page for people. It has no scripts and loads no other resources. */
export function statusPage(snapshot: Snapshot, points: readonly Point[]): string {
  const { activity, stats, now } = snapshot;
  const ended = activity.ended.filter((one) => !activity.refused.some(isSame(one)));
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_S}">
<title>${snapshot.address} - sessionctl relay</title>
<link rel="icon" href="data:,">
<style>${Markup.of(STYLE)}</style>
</head>
<body>
<main>
${head(snapshot)}
<section class="tiles">${tiles(snapshot, points)}</section>
<h2>Targets</h2>
${targetTable(activity.targets)}
<h2>Windows <small>of the registry, served through these targets</small></h2>
${windowTable(snapshot.windows)}
<h2>Refused <small>newest first; since the start: ${refusedByReason(snapshot)}</small></h2>
${refusedTable(activity.refused)}
<h2>Open connections <small>${stats.open} now</small></h2>
${connectionTable(activity.open, now, "no connection is open")}
<h2>Ended connections <small>newest first</small></h2>
${connectionTable(ended, now, "none yet")}
<footer>Times are UTC. The same as JSON: <code>curl</code> this address; for Prometheus:
<a href="/metrics">/metrics</a>; for probes: <a href="/healthz">/healthz</a>.</footer>
</main>
</body>
</html>
`.toString();
}

/** Whether two records are of the same connection: a refused one has also ended, and is listed once. */
const isSame = (one: ConnectionRecord) => (other: ConnectionRecord) =>
  one.at === other.at && one.client === other.client;

function head(snapshot: Snapshot): Markup {
  const { version, address, healthy, startedAt, now, pid, workers } = snapshot;
  const health = healthy
    ? markup`<span class="pill good">a target accepts connections</span>`
    : markup`<span class="pill bad">no target accepts connections</span>`;
  return markup`<header><h1>sessionctl relay</h1><span class="address">${address}</span>${health}</header>
<ul class="facts">
<li>version <b>${version}</b></li>
<li>up <b>${duration(now - startedAt)}</b>, since ${moment(startedAt)}</li>
<li>pid <b>${pid}</b>${workers > 1 ? markup`, <b>${workers}</b> workers` : undefined}</li>
${certificateFact(snapshot)}${reloadFact(snapshot)}
</ul>`;
}

function certificateFact({ certificate, now }: Snapshot): Markup | undefined {
  if (!certificate) return undefined;
  const left = certificate.notAfter - now;
  const state = left <= 0 ? "bad" : left < EXPIRES_SOON_MS ? "warn" : "";
  const expiry = left <= 0 ? "has expired" : `expires in ${duration(left)}`;
  return markup`<li>certificate <b>${certificate.subject}</b>, <span class="${state}">${expiry}</span> (${
    moment(certificate.notAfter)
  })</li>`;
}

function reloadFact({ lastReload }: Snapshot): Markup | undefined {
  if (!lastReload) return undefined;
  const { at, what, error } = lastReload;
  return error === undefined
    ? markup`<li>last reload <b>${what}</b>, ${moment(at)}</li>`
    : markup`<li>last reload <b>${what}</b>, ${moment(at)}: <span class="bad">${error}</span></li>`;
}

function refusedByReason({ stats }: Snapshot): string {
  const counts = REFUSAL_REASONS.map((reason) => [reason, stats.refused[reason]] as const);
  const all = [...counts, ["handshake-failed", stats.handshakeFailures] as const];
  const some = all.filter(([, count]) => count > 0);
  return some.length === 0 ? "none" : some.map(([name, count]) => `${count} ${name}`).join(", ");
}

type Cell = Markup | string | number | undefined;

/** A table. The first character of a column's name is its kind: `#` numbers, `@` short words and times, `$` paths. */
function table(columns: readonly string[], rows: readonly Cell[][], none: string): Markup {
  if (rows.length === 0) {
    return markup`
      <div class="table">
        <p class="none">${none}</p>
      </div>
    `;
  }
  const kinds: Readonly<Record<string, string>> = { "#": "num", "@": "short", "$": "mono" };
  const kindOf = (column: string) => kinds[column[0]!] ?? "";
  const names = columns.map((column) =>
    markup`<th class="${kindOf(column)}">${column.replace(/^[#@$]/, "")}</th>`
  );
  const body = rows.map((cells) =>
    markup`<tr>${
      cells.map((cell, i) => markup`<td class="${kindOf(columns[i]!)}">${cell}</td>`)
    }</tr>\n`
  );
  return markup`
    <div class="table">
      <table><tr>${names}</tr>\n${body}</table>
    </div>
  `;
}

function targetTable(targets: readonly TargetState[]): Markup {
  const rows = targets.map(({ name, reached, failed, reachedAt, lastError }) => {
    const isDown = lastError !== undefined && lastError.at >= (reachedAt ?? 0);
    const error = lastError &&
      markup`<span class="${
        isDown ? "bad" : "dim"
      }">${lastError.message}</span> <span class="dim">${moment(lastError.at)}</span>`;
    const last = reachedAt === undefined ? "never" : moment(reachedAt);
    return [name, reached, failed, last, error];
  });
  const columns = ["$target", "#accepted", "#failed", "@accepted last", "last error"];
  return table(columns, rows, "no target has been tried yet");
}

function windowTable(windows: readonly EditorWindow[] | undefined): Markup {
  const rows = (windows ?? []).map(({ folders, kind, liveness, relaySocket, socketPath }) => [
    folders.length === 0 ? markup`<span class="dim">no folder</span>` : folders.join(", "),
    kind,
    markup`<span class="${liveness === "live" ? "good" : "dim"}">${liveness}</span>`,
    relaySocket,
    socketPath,
  ]);
  const none = windows === undefined ? "no registry answers" : "none";
  return table(["$folders", "editor", "state", "$relay socket", "$editor socket"], rows, none);
}

function refusedTable(refused: readonly ConnectionRecord[]): Markup {
  const rows = refused.toReversed().slice(0, MOST_ROWS).map((record) => [
    moment(record.at + record.durationMs),
    record.client,
    markup`<span class="bad">${record.ending}</span>`,
    record.reason,
    record.serverName,
    record.certificate,
  ]);
  const columns = ["@when", "$client", "@reason", "details", "server name", "certificate"];
  return table(columns, rows, "no connections were refused");
}

function connectionTable(
  records: readonly ConnectionRecord[],
  now: number,
  none: string,
): Markup {
  const rows = records.toReversed().slice(0, MOST_ROWS).map((record) => [
    moment(record.ending === undefined ? record.at : Math.min(now, record.at + record.durationMs)),
    record.client,
    [record.target, record.id].filter(Boolean).join(" "),
    [record.serverName, record.certificate].filter(Boolean).join(" "),
    bytes(record.bytesUp),
    bytes(record.bytesDown),
    duration(record.durationMs),
    record.ending === undefined
      ? "open"
      : markup`${record.ending} <span class="dim">${record.reason}</span>`,
  ]);
  const columns = ["@when", "$client", "$target and id", "server name, certificate"];
  return table([...columns, "#up", "#down", "#for", "state"], rows, none);
}
