/** The relay beside the servers people use for it, all in one run, by turns. */
import { join } from "@std/path";
import { makeSandbox } from "../../tests/support/mod.ts";
import { makeCertificate, writePair } from "../../tests/relay/support.ts";
import {
  type Bar,
  connectOnce,
  type ContestantResults,
  type Figure,
  interleave,
  type Report,
  type RunningServer,
  Samples,
  SESSIONCTL,
  startServer,
  type Target,
  versionOf,
} from "./lib/mod.ts";
import {
  type Contestant,
  contestants,
  reverseContestants,
  type Scene,
} from "./relay/contestants.ts";
import { notes } from "./relay/notes.ts";
import { cpuSeconds, memoryOfTree } from "./relay/process_tree.ts";
import { IDLE, type Work } from "./relay/workload.ts";

const here = join(import.meta.dirname!, "relay");
const ROUNDS = 4;
/** Short: every connection leaves a port in TIME_WAIT for a minute, of 28,000. */
const SECONDS = 1;
const OURS = "sessionctl";
const DIRECT = "direct, without TLS";

interface Running extends Contestant {
  readonly server: RunningServer;
  readonly where: Pick<Work, "port" | "path">;
}

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const files = await writePair(sandbox, await makeCertificate());
  const both = sandbox.path("both.pem");
  await Deno.writeTextFile(
    both,
    await Deno.readTextFile(files.cert) + await Deno.readTextFile(files.key),
  );
  const backend = sandbox.path("run", "backend.sock");
  const scene: Scene = { sandbox, ...files, both, backend };
  const cert = await Deno.readTextFile(files.cert);
  const target = await startServer({
    command: Deno.execPath(),
    args: ["run", "-A", "--no-check", join(here, "backend.ts"), backend],
    env: denoEnvironment(),
    ready: () => connectOnce(backend),
  });
  sandbox.defer(target.stop);
  const { found, missing } = contestants(scene, freePort);
  const running = await startAll(scene, found);
  const figures = [
    await figure("Bulk download, 200 MB", "MB/s", running, "download", cert, 1.3),
    await figure("Bulk upload, 200 MB", "MB/s", running, "upload", cert, 1.3),
    await figure(
      "1 kB answers over 32 kept-alive connections",
      "requests/s",
      running,
      "requests",
      cert,
      1,
    ),
    await figure(
      "New connections, full TLS 1.3 handshake, ECDSA P-256",
      "connections/s",
      running,
      "connections",
      cert,
      1,
    ),
    ...await latencies(running, backend, cert),
    await idleMemory(scene, cert),
    await twoWorkers(scene, cert),
  ];
  figures.push(...await reverseFigures(scene, cert, missing));
  return {
    title: "The relay",
    introduction:
      "`sessionctl relay`, the compiled binary, beside the servers people use to put TLS " +
      "in front of a Unix socket: same certificate, one worker each unless said, the same target, by turns in one run.",
    versions: { sessionctl: await versionOf(SESSIONCTL, "--version"), ...await peerVersions() },
    figures,
    notes: notes(missing),
  };
}

const REVERSE = [
  ["bulk download", "MB/s", "download", 1.3],
  ["bulk upload", "MB/s", "upload", 1.3],
  ["requests over 32 kept-alive connections", "requests/s", "requests", 1],
  ["new connections", "connections/s", "connections", 1],
] as const;

/** Each figure with a far end of its own: connections leave ports behind that must not run out. */
async function reverseFigures(scene: Scene, cert: string, missing: string[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [tag, [title, unit, kind, bound]] of REVERSE.entries()) {
    const peers = contestants(scene, freePort).found;
    const far = peers.find(({ name }) => name === "nginx stream") ?? peers[0]!;
    const [farEnd] = await startAll(scene, [far]);
    const reverse = reverseContestants(scene, far.port, String(tag));
    for (const name of reverse.missing) if (!missing.includes(name)) missing.push(name);
    const near = await startAll(scene, reverse.found);
    figures.push(await figure(`--connect: ${title}`, unit, near, kind, cert, bound));
    for (const { server } of [...near, farEnd!]) await server.stop();
  }
  return figures;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

function denoEnvironment(): Record<string, string> {
  return Object.fromEntries(["HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

async function startAll(
  scene: Scene,
  found: readonly (Contestant & { port?: number; path?: string })[],
): Promise<Running[]> {
  const running: Running[] = [];
  for (const one of found) {
    const { port, path } = one;
    const ready = async () =>
      port === undefined
        ? await connectOnce(path!)
        : (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    const server = await startServer({
      command: one.command,
      args: one.args,
      env: scene.sandbox.env,
      ready,
    });
    scene.sandbox.defer(server.stop);
    running.push({ ...one, server, where: { port, path } });
  }
  return running;
}

/** Runs the load once; gives its values. */
async function load(work: Work): Promise<number[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(here, "load.ts"), JSON.stringify(work)],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`${work.kind}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}

async function figure(
  title: string,
  unit: string,
  running: readonly Running[],
  kind: Work["kind"],
  cert: string,
  bound: number,
): Promise<Figure> {
  console.error(`bench: ${title}`);
  const cpu = new Map<string, number[]>(running.map(({ name }) => [name, []]));
  const measures = running.map(({ name, server, where }) =>
    [name, async () => {
      const before = await cpuSeconds(server.pid);
      const [value] = await load({ kind, ...where, cert, seconds: SECONDS });
      const spent = await cpuSeconds(server.pid) - before;
      const amount = unit === "MB/s" ? 209.7 : value! * SECONDS;
      cpu.get(name)!.push(amount / spent);
      return value!;
    }] as const
  );
  const results = await interleave(Object.fromEntries(measures), { rounds: ROUNDS, warmups: 1 });
  const perCpu = (name: string) => new Samples(cpu.get(name)!.slice(1)).median;
  const bars = running.map(({ name, ours }): Bar => ({
    label: name,
    value: results[name]!.median,
    ours,
    columns: {
      [`${unit.replace("/s", "")} per CPU second`]: Math.round(perCpu(name)).toLocaleString(
        "en-US",
      ),
    },
  }));
  return { title, unit, better: "higher", bars, targets: [againstBest(results, bound)] };
}

function againstBest(results: ContestantResults<string>, bound: number): Target {
  const others = Object.entries(results).filter(([name]) => name !== OURS);
  const best = others.toSorted(([, a], [, b]) => b.median - a.median)[0];
  const what = `against the best peer${best ? `, ${best[0]}` : ""}`;
  return {
    what,
    bound,
    sense: "at least",
    unit: "times",
    ...(best
      ? { value: results[OURS]!.median / best[1].median }
      : { unmeasured: "no peer is installed" }),
  };
}

async function latencies(
  running: readonly Running[],
  backend: string,
  cert: string,
): Promise<Figure[]> {
  console.error("bench: latency");
  const all: Record<string, () => Promise<number[]>> = {
    [DIRECT]: () => load({ kind: "latency", path: backend, seconds: 0 }),
  };
  for (const { name, where } of running) {
    all[name] = () => load({ kind: "latency", ...where, cert, seconds: 0 });
  }
  const results = await interleave(all, { rounds: 3 });
  return ([["p50", 0.5], ["p99", 0.99]] as const).map(([name, quantile]) => ({
    title: `One echo of 1 kB, ${name}`,
    unit: "µs",
    better: "lower",
    bars: Object.entries(results).map(([label, samples]): Bar => ({
      label,
      value: samples.quantile(quantile),
      ours: label === OURS,
      columns: {
        added: label === DIRECT
          ? ""
          : (samples.quantile(quantile) - results[DIRECT]!.quantile(quantile)).toFixed(0),
      },
    })),
  }));
}

/** Fresh servers: what was measured before has left its buffers behind in all of them. */
async function idleMemory(scene: Scene, cert: string): Promise<Figure> {
  console.error("bench: idle connections");
  const bars: Bar[] = [];
  for (const one of await startAll(scene, contestants(scene, freePort).found)) {
    await load({ kind: "requests", ...one.where, cert, seconds: 0.2 });
    const before = await memoryOfTree(one.server.pid);
    const work: Work = { kind: "idle", ...one.where, cert, seconds: 0 };
    const holder = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", join(here, "load.ts"), JSON.stringify(work)],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    const grown = (await memoryOfTree(one.server.pid) - before) / IDLE / 1024;
    await holder.stdin.close();
    await reader.cancel();
    await holder.status;
    await one.server.stop();
    if (!done) bars.push({ label: one.name, value: grown, ours: one.ours });
  }
  const of = (name: string) => bars.find(({ label }) => label === name)?.value;
  const [ours, nginx] = [of(OURS), of("nginx stream")];
  const target = { what: "against nginx", bound: 1, sense: "at most", unit: "times" } as const;
  return {
    title: `Memory for each of ${IDLE.toLocaleString("en-US")} idle connections`,
    unit: "kB",
    better: "lower",
    bars,
    targets: [
      ours !== undefined && nginx !== undefined
        ? { ...target, value: ours / nginx }
        : { ...target, unmeasured: "nginx is not installed" },
    ],
  };
}

async function twoWorkers(scene: Scene, cert: string): Promise<Figure> {
  const running = await startAll(scene, contestants(scene, freePort, 2).found);
  const measured = await figure(
    "New connections, two workers each",
    "connections/s",
    running,
    "connections",
    cert,
    1,
  );
  for (const { server } of running) await server.stop();
  return { ...measured, targets: [] };
}

async function peerVersions(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const [name, command, flag] of [["Node", "node", "--version"]] as const) {
    versions[name] = await versionOf(command, flag).catch(() => "missing");
  }
  return versions;
}
