import { assertEquals } from "@std/assert";
import { emptyStats, observe, type RelayStats } from "../../src/relay/status/stats.ts";
import { History, quantile } from "../../src/relay/status/history.ts";
import { plot } from "../../src/relay/status/plot.ts";
import { bytes, duration, latency, rate } from "../../src/relay/status/quantities.ts";

function statsWith(change: (stats: RelayStats) => void): RelayStats {
  const stats = emptyStats();
  change(stats);
  return stats;
}

Deno.test("the history has rates between two samples, never negative ones", async () => {
  const history = new History(() => Promise.reject(new Error("not now")));
  history.close();
  await Promise.resolve();
  const start = Date.now();
  history.add(start, emptyStats());
  const busy = statsWith((stats) => {
    stats.accepted = 10;
    stats.bytesDown = 4000;
    stats.handshakeFailures = 1;
    stats.refused["no-target"] = 3;
    observe(stats.connect, 3);
  });
  history.add(start + 2000, busy);
  history.add(start + 4000, emptyStats());
  const [first, second] = history.points();
  const { acceptedPerSecond, refusedPerSecond, bytesDownPerSecond, connectP95 } = first!;
  assertEquals([acceptedPerSecond, refusedPerSecond, bytesDownPerSecond], [5, 2, 2000]);
  assertEquals([connectP95, first!.handshakeP95], [0.005, null]);
  assertEquals([second!.acceptedPerSecond, second!.bytesDownPerSecond], [0, 0]);
});

Deno.test("the history holds at most five minutes", () => {
  const history = new History(() => Promise.resolve(emptyStats()));
  history.close();
  const start = Date.now();
  for (let i = 0; i < 1000; i++) history.add(start + 1 + i * 2000, emptyStats());
  assertEquals(history.points().length, 150);
});

Deno.test("a quantile is the upper bound of the bucket that contains it", () => {
  const stats = statsWith(({ handshake }) => {
    for (let i = 0; i < 94; i++) observe(handshake, 0.4);
    for (let i = 0; i < 6; i++) observe(handshake, 900);
  });
  const none = emptyStats().handshake;
  assertEquals(quantile(none, stats.handshake, 0.5), 0.0005);
  assertEquals(quantile(none, stats.handshake, 0.95), 1);
  assertEquals(quantile(stats.handshake, stats.handshake, 0.95), null);
  const slow = statsWith(({ handshake }) => observe(handshake, 60_000));
  assertEquals(quantile(none, slow.handshake, 0.95), 10);
});

Deno.test("a plot has a line for each run of values and a gap for missing samples", () => {
  const svg = plot("Test", [{ values: [1, 2, null, 4, 0], colour: "a" }], 5).toString();
  const line = /class="line a" d="([^"]*)"/.exec(svg)![1]!;
  assertEquals(line, "M0.0 48.3L65.0 33.5M195.0 4.0L260.0 63.0");
  for (const values of [[], [null], [0], [0, 0]]) {
    assertEquals(plot("Test", [{ values, colour: "a" }], 5).toString().match(/NaN|Infinity/), null);
  }
});

Deno.test("quantities are printed in readable units", () => {
  assertEquals([0, 999, 1000, 99_400, 1_500_000].map(bytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "99.4 kB",
    "1.5 MB",
  ]);
  assertEquals([0, 0.5, 12.34, 1234.5].map(rate), ["0", "0.5", "12.3", "1235"]);
  assertEquals([null, 0.0005, 0.25, 2.5].map(latency), ["–", "≤ 0.5 ms", "≤ 250 ms", "≤ 2.5 s"]);
  assertEquals([0, 59_000, 61_000, 7_260_000, 200_000_000].map(duration), [
    "0.0 s",
    "59 s",
    "1 min 1 s",
    "2 h 1 min",
    "2 d 7 h",
  ]);
});
