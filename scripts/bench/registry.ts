/**
 * The registry compared with code-server's session server: lookups, registrations, and the cost of
 * many sessions.
 */
import { makeSandbox } from "../../tests/support/mod.ts";
import { type Report, runLoad, SESSIONCTL, versionOf } from "./lib/mod.ts";
import type { Rival } from "./registry/contestants.ts";
import {
  measureAdding,
  measureLatencies,
  measureMemory,
  measureThroughput,
} from "./registry/figures.ts";
import { FEW, setScene, SOME, WINDOWS } from "./registry/scene.ts";

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const scene = await setScene(sandbox);
  const { world, few, some, rivalFew } = scene;
  for (const { socket } of [few, rivalFew]) await runLoad(world.adding(socket, [0, WINDOWS]));
  const throughput = await measureThroughput(scene);
  for (const { socket } of [few, rivalFew]) await runLoad(world.adding(socket, [WINDOWS, FEW]));
  await runLoad(world.adding(some.socket, [0, SOME]));
  const adding = await measureAdding(scene);
  const latencies = await measureLatencies(scene);
  const memory = await measureMemory(scene);
  return {
    title: "The registry",
    introduction: "`sessionctl serve`, the compiled binary with its state on disk, compared with " +
      `${rivalFew.label}'s session server. All requests go over Unix sockets, by turns in one ` +
      "run, and every answer is checked.",
    versions: {
      sessionctl: await versionOf(SESSIONCTL, "--version"),
      Node: await versionOf("node", "--version"),
    },
    figures: [throughput, ...latencies, adding, memory],
    notes: notes(rivalFew),
  };
}

function notes(rival: Rival): string[] {
  return [
    rival.note,
    "The load generator (`scripts/bench/lib/load_process.ts`) is a separate process with one " +
    "request in flight on each connection. Its ceiling is its rate against a server that answers " +
    "every read with ready-made bytes.",
    "Each session has a folder and an editor socket of its own; the sockets are links to one " +
    "editor's stand-in, which answers like VS Code. `serve` runs with its default settings, so it " +
    "also probes every session periodically while it is measured.",
    "A lookup probes the editor before it answers; lookups of one session within a moment share " +
    "a probe. The first figure always asks for the same path, so few of its lookups wait for a " +
    "probe. The same holds for lookups of one of 100 paths. If any of many sessions is looked up, " +
    "nearly every lookup waits, so that figure is the cost of a lookup that is not repeated.",
    "Each registration is on disk (SQLite, synchronous FULL) before its answer; code-server keeps " +
    "sessions in memory only. Rates are medians of rounds, latencies medians of the rounds' p50.",
  ];
}
