import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { ChildSpec, ExitDecision, SuperviseOptions } from "../../src/supervisor/mod.ts";
import { isRunning } from "../../src/platform/mod.ts";
import { compiled, type Sandbox, source, spawn, until } from "../support/mod.ts";

/** Time limit in milliseconds for things that take a moment on an idle machine. */
export const PATIENCE_MS = 30_000;

// deno-lint-ignore no-explicit-any
export type Said = { readonly type: string; readonly [name: string]: any };

/** A running parent process. */
export interface RunningParent {
  readonly pid: number;
  /** All events reported so far. */
  said(): Said[];
  /** Waits for the `count`th event of a type. */
  says(type: string, count?: number): Promise<Said>;
  /** The lines of its child so far. */
  lines(): string[];
  /** Waits until the child has written a line that matches. */
  writes(pattern: RegExp): Promise<RegExpExecArray>;
  signal(signal: Deno.Signal): void;
  readonly ended: Promise<Deno.CommandStatus>;
  /** Its error output, for messages. */
  errors(): string;
}

export interface ParentOptions extends SuperviseOptions {
  readonly env?: Record<string, string>;
  /** Whether the child's output is read; otherwise it goes to the parent's output. */
  readonly lines?: boolean;
  /** The steps of each launch of {@link ownChild}; the last ones repeat. */
  readonly launches?: readonly (readonly string[])[];
  readonly decision?: ExitDecision;
}

/** Starts a parent that supervises a child. */
export function startParent(
  sandbox: Sandbox,
  spec: Partial<ChildSpec>,
  { program = compiled, env, lines = true, launches, decision, ...options }: ParentOptions = {},
): RunningParent {
  const script = join(import.meta.dirname!, "parent_process.ts");
  const order = { spec, lines, launches, decision, options: { program, ...options } };
  const parent = spawn({ ...sandbox, env: { ...sandbox.env, ...env } }, Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", "--no-check", script],
    JSON.stringify(order),
  ]);
  const said = () => parent.lines.map((line) => JSON.parse(line) as Said);
  const ofType = (type: string) => said().filter((saying) => saying.type === type);
  const texts = () => ofType("line").map(({ text }) => text as string);
  const errors = () => [...parent.lines.slice(-20), ...parent.errors].join("\n");
  return {
    pid: parent.child.pid,
    said,
    lines: texts,
    errors,
    ended: parent.child.status,
    signal: (signal) => parent.child.kill(signal),
    async says(type, count = 1) {
      const enough = () => ofType(type).length >= count;
      await until(() => `"${type}"; said: ${errors()}`, enough, PATIENCE_MS);
      return ofType(type)[count - 1]!;
    },
    async writes(pattern) {
      const match = () => texts().map((text) => pattern.exec(text)).find(Boolean);
      const what = () => `${pattern}; said: ${errors()}`;
      await until(what, () => match() !== undefined, PATIENCE_MS);
      return match()!;
    },
  };
}

/** A shell script as a foreign child. */
export function shell(script: string, guard = true) {
  return { command: "/bin/sh", args: ["-c", script], guard };
}

/** `child_process.ts` as a child of ours; it gets its steps in the handshake. */
export const childProgram = {
  command: Deno.execPath(),
  args: [
    ...["run", "--quiet", "--allow-all", "--no-check"],
    join(import.meta.dirname!, "child_process.ts"),
  ],
};

export const sourceProgram = { command: source.command, args: source.args };

/**
 * Fails if one of the processes still runs at the time limit. Orphans end within 5 s; on a machine
 * that is busy with many tests, this takes longer.
 */
export async function assertGoneInTime(pids: readonly number[]): Promise<void> {
  const left = () => pids.filter(isRunning);
  await until(() => `the end of ${left()}`, () => left().length === 0, PATIENCE_MS);
}

/** Checks that a program is installed and does what a test needs. */
export async function canRun(command: string, ...args: string[]): Promise<boolean> {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
  } catch {
    return false; // The program is not installed.
  }
}

/** Fails if the parent has more open after its last child than before its first. */
export async function assertNothingLeft(parent: RunningParent): Promise<void> {
  await parent.says("ended");
  const [before, after] = parent.said().filter(({ type }) => type === "resources");
  // The runtime opens the descriptors for signals, timers and sockets once.
  assert(after!.descriptors <= before!.descriptors + 6, JSON.stringify([before, after]));
  assertEquals(after!.children, before!.children);
}
