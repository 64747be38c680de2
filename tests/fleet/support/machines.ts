import { assertMatch } from "@std/assert";
import { askFleet, type FleetStatus } from "../../../src/fleet/mod.ts";
import {
  compiled,
  makeSandbox,
  type RunResult,
  type Sandbox,
  spawn,
  until,
} from "../../support/mod.ts";
import { type Etcd, startEtcd } from "./etcd.ts";

/** Two machines, and an etcd for their fleet. */
export interface Machines extends AsyncDisposable {
  readonly here: Sandbox;
  readonly there: Sandbox;
  readonly etcd: Etcd;
}

/** Creates two machines and starts an etcd, which end with the scope. */
export async function makeMachines(): Promise<Machines> {
  await using stack = new AsyncDisposableStack();
  const here = stack.use(await makeSandbox());
  const there = stack.use(await makeSandbox());
  const [etcd] = await startEtcd(here);
  stack.use(etcd!);
  const owned = stack.move();
  return { here, there, etcd: etcd!, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts a machine's registry as `host` in ann's fleet. */
export async function joinFleet(machine: Sandbox, url: string, host: string, ...more: string[]) {
  const args = ["serve", "--no-state", "--fleet", url, "--fleet-person", "ann"];
  const serving = spawn(machine, compiled.command, [...args, "--fleet-host", host, ...more]);
  await until("the registry listens", () => serving.lines.length > 0);
  return serving;
}

/** Asks a machine's registry for what `fleet status` shows, without a process for it. */
export function statusOf(machine: Sandbox): Promise<FleetStatus> {
  return askFleet(machine.path("run/sessionctl/registry.sock"));
}

/** Whether a host is connected to etcd, and known to the others. */
export const isPublished = ({ failure, unpublished }: FleetStatus): boolean =>
  failure === undefined && unpublished === undefined;

/** Waits until a machine's registry describes the fleet as `condition` says. */
export async function untilStatus(
  what: string,
  machine: Sandbox,
  condition: (status: FleetStatus) => boolean,
  limitMs = 30_000,
): Promise<void> {
  await until(what, async () => condition(await statusOf(machine)), limitMs, 50);
}

/** Waits until a machine sees `host` live, with at least `windows` windows. */
export async function untilKnown(machine: Sandbox, host: string, windows = 0): Promise<void> {
  await untilStatus(
    `${host} is known`,
    machine,
    ({ hosts }) =>
      hosts.some((each) => each.name === host && each.live && each.windows.length >= windows),
  );
}

/** Waits until a machine sees that a desktop editor runs on `host`. */
export async function untilDesktop(machine: Sandbox, host: string): Promise<void> {
  await untilStatus(
    `a desktop editor of ${host} is known`,
    machine,
    ({ hosts }) => hosts.some(({ name, desktop }) => name === host && desktop),
  );
}

/**
 * Measures until the least measurement is below `limit`, at most ten times. A busy machine makes
 * some measurements too large; a program that waits for something makes all of them too large.
 *
 * @returns the least measurement.
 */
export async function leastOf(limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 10 && least >= limit; round++) {
    least = Math.min(least, await measure());
  }
  return least;
}

/**
 * Opens files until another machine takes one: a busy machine may need longer than the time limit
 * for taking a request. Every other failure is thrown.
 *
 * @param open Opens the file with this number, counted from 0.
 * @returns the number of the file that was taken.
 */
export async function untilTaken(
  open: (round: number) => Promise<Pick<RunResult, "code" | "stderr">>,
): Promise<number> {
  let round = -1;
  await until("a machine takes a file", async () => {
    const { code, stderr } = await open(++round);
    if (code !== 0) assertMatch(stderr, TOO_SLOW);
    return code === 0;
  }, 60_000);
  return round;
}

/** The reason for which `open` fails if the other machine did not take the request in time. */
const TOO_SLOW = /the host \S+ did not answer in time/;
