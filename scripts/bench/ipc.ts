/**
 * Our ends of VS Code's channel protocol compared with VS Code's own, each with its client and
 * server in two processes over a Unix socket.
 */
import { join } from "@std/path";
import { makeSandbox, type Sandbox } from "../../tests/support/mod.ts";
import { vscodeBase } from "../vscode_ipc.ts";
import {
  type Bar,
  connectOnce,
  interleave,
  type Report,
  Samples,
  scriptArguments,
  startServer,
  versionOf,
} from "./lib/mod.ts";

const ROUNDS = 7;
const OURS = "sessionctl's ends, Deno";
const THEIRS = "VS Code's ends, Node";

/** The result of one run of the workload. */
interface Run {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Calls per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly events: number;
}

interface Pair {
  readonly command: string;
  readonly server: readonly string[];
  readonly client: readonly string[];
}

export async function run(): Promise<Report> {
  await using sandbox = await makeSandbox();
  const runs: Record<string, Run[]> = { [OURS]: [], [THEIRS]: [] };
  const measures: [string, () => Promise<number>][] = [];
  for (const [name, pair] of Object.entries(await pairs(sandbox))) {
    const socket = pair.server.at(-1)!;
    const server = await startServer({
      command: pair.command,
      args: pair.server,
      env: environment(),
      ready: () => connectOnce(socket),
    });
    sandbox.defer(server.stop);
    measures.push([name, async () => {
      const result = await runClient(name, pair);
      runs[name]!.push(result);
      return result.rate;
    }]);
  }
  await interleave(Object.fromEntries(measures), { rounds: ROUNDS, warmups: 1 });
  // Without the first result of each, which is from the warm-up.
  const measured = Object.fromEntries(
    Object.entries(runs).map(([name, results]) => [name, results.slice(1)]),
  );
  return report(measured, await versionOf("node", "--version"));
}

function environment(): Record<string, string> {
  const names = ["HOME", "DENO_DIR", "DENO_TLS_CA_STORE"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

async function pairs(sandbox: Sandbox): Promise<Record<string, Pair>> {
  const here = join(import.meta.dirname!, "ipc");
  const base = await vscodeBase();
  const ours = sandbox.path("ours.sock");
  const theirs = sandbox.path("theirs.sock");
  const script = (name: string) => [
    ...scriptArguments(join(here, name)).filter((arg) => arg !== "--no-config"),
    ours,
  ];
  return {
    [OURS]: {
      command: Deno.execPath(),
      server: script("our_server.ts"),
      client: script("our_client.ts"),
    },
    [THEIRS]: {
      command: "node",
      server: [join(here, "vscode_server.mjs"), base, theirs],
      client: [join(here, "vscode_client.mjs"), base, theirs],
    },
  };
}

async function runClient(name: string, { command, client }: Pair): Promise<Run> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...client],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${name} failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

function report(runs: Record<string, Run[]>, node: string): Report {
  const samples = (name: string, key: keyof Run) => new Samples(runs[name]!.map((r) => r[key]));
  const bars = (key: keyof Run, columns: (name: string) => Record<string, string> = () => ({})) =>
    Object.keys(runs).map((label): Bar => ({
      label,
      value: samples(label, key).median,
      ours: label === OURS,
      columns: columns(label),
    }));
  const ratio = (key: keyof Run) => samples(OURS, key).median / samples(THEIRS, key).median;
  return {
    title: "Channels",
    introduction:
      "sessionctl's client and server of VS Code's channel protocol compared with VS Code's own. " +
      "Each pair is two processes that talk over a Unix socket. A call sends a small object, and the " +
      "answer returns it.",
    versions: { Node: node },
    figures: [
      {
        title: "One call at a time",
        unit: "ms, p50",
        better: "lower",
        bars: bars("p50", (name) => ({ p99: samples(name, "p99").median.toFixed(3) })),
        targets: [{
          what: "round trip, p50, in milliseconds",
          sense: "at most",
          bound: 0.1,
          unit: "ms",
          value: samples(OURS, "p50").median,
        }],
      },
      {
        title: "64 calls under way",
        unit: "calls/s",
        better: "higher",
        bars: bars("rate"),
        targets: [{
          what: "calls a second against VS Code's pair",
          sense: "at least",
          bound: 1.5,
          unit: "times",
          value: ratio("rate"),
        }],
      },
      {
        title: "An event to 1,000 connections, until the last has it",
        unit: "ms",
        better: "lower",
        bars: bars("events"),
      },
    ],
    notes: [
      `${ROUNDS} runs of each pair, by turns, after one to warm up; medians of the runs. Both ` +
      "clients run the same workload (`scripts/bench/ipc/workload.mjs`). All 1,000 subscribers " +
      "are connections of one process, so the time includes reading them all.",
      "VS Code's ends collect their writes until a timer of one millisecond fires. A single call " +
      "waits for two such timers, one at each end.",
    ],
  };
}
