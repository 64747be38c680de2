/** The relay compared with the servers that people use instead, measured alternately in one run. */
import { makeSandbox } from "../../tests/support/mod.ts";
import { type Figure, type Report, SESSIONCTL, versionOf } from "./lib/mod.ts";
import { contestants, programPath, reverseContestants, type Scene } from "./relay/contestants.ts";
import { idleMemory } from "./relay/idle_memory.ts";
import { latencies } from "./relay/latency.ts";
import { loadFigure, type Subject } from "./relay/measure.ts";
import { notes } from "./relay/notes.ts";
import { resumption } from "./relay/resumption.ts";
import { freePort, setUp, startAll, stopAll } from "./relay/scene.ts";
import type { Work } from "./relay/workload.ts";

type Row = readonly [Subject, Work["kind"]];

const FORWARD: readonly Row[] = [
  [{ title: "Bulk download, 200 MB", unit: "MB/s", bound: 1.3 }, "download"],
  [{ title: "Bulk upload, 200 MB", unit: "MB/s", bound: 1.3 }, "upload"],
  [
    { title: "1 kB answers over 32 kept-alive connections", unit: "requests/s" },
    "requests",
  ],
  [
    {
      title: "New connections, full TLS 1.3 handshake, ECDSA P-256",
      unit: "connections/s",
    },
    "connections",
  ],
];

const REVERSE: readonly Row[] = [
  [{ title: "relay connect: bulk download, 200 MB", unit: "MB/s", bound: 1.3 }, "download"],
  [{ title: "relay connect: bulk upload, 200 MB", unit: "MB/s", bound: 1.3 }, "upload"],
  [
    {
      title: "relay connect: requests over 32 kept-alive connections",
      unit: "requests/s",
    },
    "requests",
  ],
  [{ title: "relay connect: new connections", unit: "connections/s" }, "connections"],
];

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const scene = await setUp(sandbox);
  const { missing } = contestants(scene, freePort);
  const figures = [
    ...await forward(scene),
    await idleMemory(scene),
    ...await twoWorkers(scene),
    ...await reverse(scene, missing),
  ];
  return {
    title: "The relay",
    introduction:
      "`sessionctl relay`, the compiled binary, compared with the servers that people put in front of a Unix " +
      "socket for TLS: with the same certificate and target, one worker each unless stated otherwise, by turns in " +
      "one run. The minimal relay is a program of the same runtime, compiled alike, that only reads and writes: it " +
      "has no checks, counts, time limits or log. Each target refers to the best peer or, where the runtime is the " +
      "limit, to the minimal relay, with a margin of 5 %.",
    versions: await versions(),
    figures,
    notes: notes(figures, missing),
  };
}

async function forward(scene: Scene): Promise<Figure[]> {
  const running = await startAll(scene, contestants(scene, freePort).found);
  const figures: Figure[] = [];
  for (const [subject, kind] of FORWARD) {
    figures.push(await loadFigure(subject, running, kind, scene.anchor));
  }
  figures.push(...await resumption("New connections, session resumed", running));
  figures.push(...await latencies(scene, running));
  await stopAll(running);
  return figures;
}

async function twoWorkers(scene: Scene): Promise<Figure[]> {
  const start = async (sticky: boolean) =>
    await startAll(scene, contestants(scene, freePort, { workers: 2, sticky }).found);
  const subject: Subject = {
    title: "New connections, full handshake, two workers each",
    unit: "connections/s",
  };
  const running = await start(false);
  const full = await loadFigure(subject, running, "connections", scene.anchor);
  await stopAll(running);
  const sticky = await start(true);
  const title = "New connections, session resumed, two workers each";
  const resumed = await resumption(title, sticky);
  await stopAll(sticky);
  return [full, ...resumed];
}

/** `relay connect` and its peers, towards a TLS server that does the target's work itself. */
async function reverse(scene: Scene, missing: string[]): Promise<Figure[]> {
  const found = reverseContestants(scene);
  for (const name of found.missing) if (!missing.includes(name)) missing.push(name);
  const running = await startAll(scene, found.found);
  const figures: Figure[] = [];
  for (const [subject, kind] of REVERSE) {
    figures.push(await loadFigure(subject, running, kind, scene.anchor));
  }
  await stopAll(running);
  return figures;
}

async function versions(): Promise<Record<string, string>> {
  const flags: Record<string, [string, string]> = {
    sessionctl: [SESSIONCTL, "--version"],
    nginx: [programPath("nginx"), "-v"],
    HAProxy: [programPath("haproxy"), "-v"],
    stunnel: [programPath("stunnel"), "-version"],
    OpenSSL: ["openssl", "version"],
    Node: ["node", "--version"],
  };
  const found: Record<string, string> = {};
  for (const [name, [command, flag]] of Object.entries(flags)) {
    found[name] = await versionOf(command, flag).catch(() => "missing");
  }
  return found;
}
