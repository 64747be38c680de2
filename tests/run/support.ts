import { join, resolve } from "@std/path";
import { connectChannels, defineService } from "../../src/ipc/mod.ts";
import type { RunStatus } from "../../src/run/mod.ts";
import {
  compiled,
  type Program,
  run,
  type Running,
  type Sandbox,
  spawn,
  until,
} from "../support/mod.ts";
import { PATIENCE_MS } from "../supervisor/support.ts";

const root = resolve(import.meta.dirname!, "../..");

/** Waits for a process or two to start or end. */
export function eventually(what: () => string, condition: () => boolean | Promise<boolean>) {
  return until(what, condition, PATIENCE_MS, 20);
}

export interface RunningRun extends Running {
  /** Everything written to stderr so far, including the command's own output. */
  said(): string;
  says(pattern: RegExp): Promise<void>;
}

/** Starts `sessionctl run ARGS...` without waiting for its end. */
export function startRun(
  sandbox: Sandbox,
  args: readonly string[],
  { program = compiled, env }: { program?: Program; env?: Record<string, string> } = {},
): RunningRun {
  const running = spawn({ ...sandbox, env: { ...sandbox.env, ...env } }, program.command, [
    ...program.args,
    "run",
    ...args,
  ]);
  const said = () => running.errors.join("\n");
  const says = (pattern: RegExp) =>
    eventually(() => `${pattern}; said: ${said()}`, () => pattern.test(said()));
  return { ...running, said, says };
}

/** The command line of the code-server stand-in, in a directory of the sandbox. */
export function fakeCodeServer(sandbox: Sandbox, name = "cs"): string[] {
  const { sessionSocket, httpSocket } = placesOf(sandbox, name);
  return [
    Deno.execPath(),
    ...["run", "--quiet", "--allow-all", "--no-check", "--config", join(root, "deno.json")],
    join(root, "tests/run/code_server/fake_code_server.ts"),
    ...["--session-socket", sessionSocket, "--socket", httpSocket],
  ];
}

export function placesOf(sandbox: Sandbox, name = "cs") {
  return {
    sessionSocket: sandbox.path(name, "code-server-ipc.sock"),
    httpSocket: sandbox.path(name, "http.sock"),
  };
}

/** The runs that `run --list --json` lists. */
export async function runsIn(sandbox: Sandbox): Promise<(RunStatus & { upMs: number })[]> {
  const { stdout } = await run(compiled, sandbox, { args: ["run", "--list", "--json"] });
  return JSON.parse(stdout);
}

const runService = defineService<{ status(): Promise<RunStatus> }>("run");

/** Asks a run for its state over its control socket; undefined while there is no such socket. */
async function statusOf(sandbox: Sandbox, name: string): Promise<RunStatus | undefined> {
  const path = sandbox.path("run/sessionctl/run", `${name}.sock`);
  const peer = await connectChannels(path, "test").catch(() => undefined);
  if (peer === undefined) return undefined;
  try {
    return await runService.client(peer).status();
  } catch {
    return undefined; // The run ended.
  } finally {
    peer.dispose();
  }
}

/** Waits until a run's command runs, as a process other than `formerPid`. */
export async function childOf(sandbox: Sandbox, name: string, formerPid?: number): Promise<number> {
  let pid: number | null | undefined;
  await eventually(() => `${name} runs`, async () => {
    pid = (await statusOf(sandbox, name))?.childPid;
    return typeof pid === "number" && pid !== formerPid;
  });
  return pid!;
}
