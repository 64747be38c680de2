import { compiled, makeSandbox, run, type Sandbox, spawn, until } from "../../support/mod.ts";
import { type Etcd, startEtcd } from "./etcd.ts";

/** The parts of `fleet status --json` that tests read. */
export interface Status {
  readonly host: string;
  readonly failure?: string;
  readonly unpublished?: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly live: boolean;
    readonly desktop: boolean;
    readonly windows: readonly { readonly folders: readonly unknown[] }[];
  }[];
}

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

/** Returns the parsed output of a machine's `fleet status --json`. */
export async function statusOf(machine: Sandbox): Promise<Status> {
  const { stdout } = await run(compiled, machine, { args: ["fleet", "status", "--json"] });
  return JSON.parse(stdout) as Status;
}

/** Waits until a machine sees `host` live, with at least `windows` windows. */
export async function untilKnown(machine: Sandbox, host: string, windows = 0): Promise<void> {
  await until(
    `${host} is known`,
    async () =>
      (await statusOf(machine)).hosts.some((each) =>
        each.name === host && each.live && each.windows.length >= windows
      ),
    30_000,
  );
}
