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
    introduction: "`sessionctl serve`, the compiled binary with its state on disk, beside " +
      `${rivalFew.label}'s session server. All of it over Unix sockets, by turns in one run; ` +
      "every answer is checked.",
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
    "The load generator (`scripts/bench/lib/load_process.ts`) is a process of its own with one " +
    "request under way on each connection. Its ceiling is what it reaches against a server that " +
    "answers every read with ready-made bytes.",
    "Each session has a folder and an editor socket of its own; the sockets are links to one " +
    "editor's stand-in, which answers like VS Code. `serve` runs with its default settings, so it " +
    "also probes every session now and then while it is measured.",
    "A lookup probes the editor before it answers; lookups of one session within a moment share " +
    "a probe. The first figure asks for one path all the time, so few of its lookups wait for a " +
    "probe, and so do few where it is one of 100 paths. Where any of many sessions is looked up, " +
    "nearly every one does: that figure is what a lookup costs that nobody asked for just before.",
    "Each registration is on disk (SQLite, synchronous FULL) before its answer; the rival keeps " +
    "sessions in memory. Rates are medians of rounds, latencies medians of the rounds' p50.",
  ];
}
