/** `open` and `list` through a fleet on three nodes of etcd, and the hosts' cost for the engine. */
import { join } from "@std/path";
import { freshLinkName } from "../../../src/platform/mod.ts";
import { makeSandbox, type Sandbox, until } from "../../../tests/support/mod.ts";
import { startEtcd } from "../../../tests/fleet/support/etcd.ts";
import { joinFleet, statusOf, untilKnown } from "../../../tests/fleet/support/machines.ts";
import { askLink, makeLink, startServing } from "../../../tests/links/support.ts";
import { startDesktopEditor } from "../desktop/stand_in.ts";
import {
  barsOf,
  type ContestantResults,
  type Figure,
  formatQuantity,
  interleave,
  type Report,
  SESSIONCTL,
  startStandIn,
  timeProcess,
} from "../lib/mod.ts";
import { engineLimits, type HostCost, hostCost } from "./engine_load.ts";
import { connectBySsh } from "./loopback_ssh.ts";

const ROUNDS = 30;
const WARMUPS = 3;
const MANY = 1000;

const LOCAL = "sessionctl open, into a window of the same machine";
const LINK = "sessionctl open, over an ssh link";
const FLEET = "sessionctl open, through the fleet";
const LOCAL_MANY = `sessionctl open, into a window of the same machine, ${MANY} hosts in the fleet`;
const LOCAL_ALONE = "sessionctl open, into a window of the same machine, in no fleet";
const LIST = `sessionctl list --fleet, ${MANY} hosts with three windows each`;

/** Measures all figures; the simulated hosts run in a separate process. */
export async function fleetFigures(): Promise<Pick<Report, "figures" | "notes">> {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  await using linked = await makeSandbox();
  await using alone = await makeSandbox();
  const nodes = await startEtcd(home, { count: 3 });
  try {
    const urls = nodes.map(({ url }) => url);
    const serving = await startMachines({ home, far, linked }, urls.join(","));
    await startAlone(alone);
    const few = await withHosts(home, urls, 10, () => hostCost(urls, 10));
    const before = await timesOf({ home, far, linked });
    const many = await withHosts(home, urls, MANY, async () => {
      await until("all hosts are known", async () => {
        return (await statusOf(home)).hosts.filter(({ live }) => live).length > MANY;
      }, 120_000);
      const cost = await hostCost(urls, MANY);
      return { cost, times: await timesWithMany(home, alone), memory: await memoryOf(serving) };
    });
    const limits = await engineLimits(urls[0]!);
    return {
      figures: [openFigure(before), manyFigure(many.times, many.memory)],
      notes: [...costNotes(few, many.cost, limits), HOW],
    };
  } finally {
    for (const node of nodes) await node[Symbol.asyncDispose]();
  }
}

interface Machines {
  /** The user's machine, with the desktop editor. */
  readonly home: Sandbox;
  /** A machine of the fleet. */
  readonly far: Sandbox;
  /** A machine with a link. */
  readonly linked: Sandbox;
}

const fileOf = (machine: Sandbox) => machine.path("home/project/main.ts");

/** @returns the process id of the registry at home. */
async function startMachines({ home, far, linked }: Machines, url: string): Promise<number> {
  for (const machine of [home, far, linked]) await Deno.mkdir(machine.path("home/project"));
  await startDesktopEditor(home, "Code", "project", [
    `vscode-remote://ssh-remote+hostb${far.path("home/project")}`,
    `vscode-remote://ssh-remote+hostc${linked.path("home/project")}`,
  ]);
  const { child } = await joinFleet(home, url, "laptop");
  await joinFleet(far, url, "hostb");
  await untilKnown(far, "laptop", 3);
  const registry = home.path("run", "sessionctl", "registry.sock");
  const { socketPath } = await makeLink(registry, "hostc", "ssh-remote+hostc");
  const linkSocket = linked.path("run", freshLinkName());
  await connectBySsh(home, ["-R", `${linkSocket}:${socketPath}`]);
  await until(
    "the link is there",
    () => askLink(linkSocket, "/v1/none").then(() => true, () => false),
  );
  return child.pid;
}

/** Starts a machine like the user's that is in no fleet. */
async function startAlone(machine: Sandbox): Promise<void> {
  await Deno.mkdir(machine.path("home/project"));
  await startDesktopEditor(machine, "Code", "project", ["file:///srv/one", "file:///srv/two"]);
  await startServing(machine);
}

const call = (machine: Sandbox, ...args: string[]) => () =>
  Promise.resolve(timeProcess(SESSIONCTL, args, machine));

function timesOf({ home, far, linked }: Machines): Promise<ContestantResults<string>> {
  return interleave({
    [LOCAL]: call(home, "open", fileOf(home)),
    [LINK]: call(linked, "open", fileOf(linked)),
    [FLEET]: call(far, "open", fileOf(far)),
  }, { rounds: ROUNDS, warmups: WARMUPS });
}

function timesWithMany(home: Sandbox, alone: Sandbox): Promise<ContestantResults<string>> {
  return interleave({
    [LOCAL_ALONE]: call(alone, "open", fileOf(alone)),
    [LOCAL_MANY]: call(home, "open", fileOf(home)),
    [LIST]: call(home, "list", "--fleet"),
  }, { rounds: ROUNDS, warmups: WARMUPS });
}

/** Publishes hosts while `measure` runs. */
async function withHosts<T>(
  sandbox: Sandbox,
  urls: readonly string[],
  count: number,
  measure: () => Promise<T>,
): Promise<T> {
  const publishers = join(import.meta.dirname!, "publishers.ts");
  const args = ["run", "-A", publishers, urls.join(","), String(count)];
  const env = { DENO_DIR: sandbox.env.DENO_DIR! };
  await using _hosts = await startStandIn(Deno.execPath(), args, { env });
  return await measure();
}

/** The resident memory of a process, in MB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+([0-9]+)/.exec(status)![1]) / 1024;
}

function openFigure(times: ContestantResults<string>): Figure {
  return {
    title: "Through the fleet",
    unit: "ms",
    better: "lower",
    bars: barsOf(times),
    targets: [{
      what: "open through the fleet, three nodes, beyond open over a link",
      sense: "at most",
      bound: 30,
      unit: "ms",
      value: times[FLEET]!.median - times[LINK]!.median,
    }],
  };
}

function manyFigure(
  many: ContestantResults<string>,
  memory: number,
): Figure {
  return {
    title: `A fleet of ${MANY} hosts`,
    unit: "ms",
    better: "lower",
    bars: barsOf(many),
    targets: [
      { what: "list --fleet", sense: "at most", bound: 200, unit: "ms", value: many[LIST]!.median },
      {
        what: "a local open, against one on a machine in no fleet",
        sense: "at most",
        bound: 1.1,
        unit: "times",
        value: many[LOCAL_MANY]!.median / many[LOCAL_ALONE]!.median,
      },
      { what: "the registry's memory", sense: "at most", bound: 100, unit: "MB", value: memory },
    ],
  };
}

/** An hour of work, as assumed: the interval of lease renewals, and the rate of focus changes. */
const RENEWAL_S = 3.25;
const FOCUS_CHANGES_PER_MINUTE = 4;
const HUGE = 100_000;

function costNotes(
  few: HostCost,
  many: HostCost,
  { renewals, writes }: { readonly renewals: number; readonly writes: number },
): string[] {
  const line = (hosts: number, { keys, bytes, ...rest }: HostCost) =>
    `With ${hosts} hosts, each has ${formatQuantity(keys)} keys of ${
      formatQuantity(bytes)
    } bytes ` +
    `together, makes ${formatQuantity(rest.requestsPerMinute)} requests a minute, moves ` +
    `${formatQuantity(rest.bytesPerMinute)} bytes a minute, and takes ` +
    `${formatQuantity(rest.cpuPerMinute)} ms of processor time a minute of all three nodes.`;
  const needed = HUGE / RENEWAL_S;
  const changes = HUGE * FOCUS_CHANGES_PER_MINUTE * 2 / 60;
  return [
    `${
      line(10, few)
    } These figures include the registries of the bench itself, which matters with few ` +
    "hosts.",
    line(MANY, many),
    `The three nodes, on the same two cores as everything else here, answered ` +
    `${formatQuantity(renewals)} renewals or ${formatQuantity(writes)} writes a second. Renewals ` +
    `alone would suffice for ${formatQuantity(renewals * RENEWAL_S)} idle hosts.`,
    `Computed for ${HUGE.toLocaleString("en-US")} hosts: ${
      formatQuantity(needed)
    } renewals a second, ` +
    `${formatQuantity(HUGE * many.bytes / 1e6)} MB of keys and values, and, if everybody changes ` +
    `windows ${FOCUS_CHANGES_PER_MINUTE} times a minute, ${
      formatQuantity(changes)
    } writes a second. ` +
    "Each follower of one person's fleet gets only that person's changes; if all hosts were one " +
    "person's, every registry would read every one of these writes.",
  ];
}

const HOW =
  `${ROUNDS} runs of each, by turns; medians. The etcd is a cluster of three nodes on this ` +
  "machine, over http on the loopback. The simulated hosts use the class that `serve` publishes " +
  "with (scripts/bench/reach/publishers.ts); requests, bytes and processor time are etcd's own " +
  "metrics over 20 s.";
