import { type Point, refusedIn } from "./history.ts";
import { type Markup, markup } from "./markup.ts";
import { plot, type Series } from "./plot.ts";
import { bytes, latency, rate } from "./quantities.ts";
import type { Snapshot } from "./snapshot.ts";

/** The five minutes that `History` keeps. */
const POINTS = 150;

type Pick = (point: Point) => number | null;

interface Tile {
  readonly name: string;
  readonly value: Markup | string;
  readonly note: string;
  /** Formats a value of the plot. */
  readonly unit: (value: number) => string;
  readonly picks: readonly Pick[];
}

/** The current counts, rates and latencies, each with its last five minutes. */
export function tiles(snapshot: Snapshot, points: readonly Point[]): Markup[] {
  return [...countTiles(snapshot, points.at(-1)), ...latencyTiles(points.at(-1))]
    .map((tile) => drawn(tile, points));
}

function countTiles({ stats }: Snapshot, last: Point | undefined): Tile[] {
  const perSecond = (value: number) => `${rate(value)}/s`;
  const bytesPerSecond = (value: number) => `${bytes(value)}/s`;
  const isRefusing = (last?.refusedPerSecond ?? 0) > 0;
  return [
    {
      name: "Open connections",
      value: String(stats.open),
      note: "",
      unit: String,
      picks: [(point) => point.open],
    },
    {
      name: "Accepted",
      value: perSecond(last?.acceptedPerSecond ?? 0),
      note: `${stats.accepted} since the start`,
      unit: perSecond,
      picks: [(point) => point.acceptedPerSecond],
    },
    {
      name: "Refused",
      value: markup`<span class="${isRefusing ? "bad" : ""}">${
        perSecond(last?.refusedPerSecond ?? 0)
      }</span>`,
      note: `${refusedIn(stats)} since the start, ${stats.aborted} aborted`,
      unit: perSecond,
      picks: [(point) => point.refusedPerSecond],
    },
    {
      name: "Traffic",
      value: markup`<span class="key-a">↑ ${
        bytesPerSecond(last?.bytesUpPerSecond ?? 0)
      }</span> <span class="key-b">↓ ${bytesPerSecond(last?.bytesDownPerSecond ?? 0)}</span>`,
      note: "",
      unit: bytesPerSecond,
      picks: [(point) => point.bytesUpPerSecond, (point) => point.bytesDownPerSecond],
    },
  ];
}

function latencyTiles(last: Point | undefined): Tile[] {
  const note = "95th percentile, last 20 s";
  return [
    {
      name: "TLS handshake",
      value: latency(last?.handshakeP95 ?? null),
      note,
      unit: latency,
      picks: [(point) => point.handshakeP95],
    },
    {
      name: "Connects to the target",
      value: latency(last?.connectP95 ?? null),
      note,
      unit: latency,
      picks: [(point) => point.connectP95],
    },
  ];
}

function drawn({ name, value, note, unit, picks }: Tile, points: readonly Point[]): Markup {
  const series = picks.map((pick, i): Series => ({
    values: points.map(pick),
    colour: i === 0 ? "a" : "b",
  }));
  const measured = series.flatMap(({ values }) => values.filter((one) => one !== null));
  const peak = measured.length === 0 ? "" : `, peak ${unit(Math.max(...measured))}`;
  const drawing = plot(`${name} in the last five minutes`, series, POINTS);
  return markup`<div class="tile"><h3>${name}<span>5 min${peak}</span></h3><p>${value} <small>${note}</small></p>${drawing}</div>
`;
}
