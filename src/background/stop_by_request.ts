import { delay } from "@std/async/delay";
import { hasCode, SessionctlError } from "../errors.ts";
import { isRunning, printablePath } from "../platform/mod.ts";
import { signalProcess } from "../platform/processes.ts";
import { RegistryClient } from "../registry/mod.ts";
import type { StopOptions, Stopped } from "./stop_options.ts";

const POLL_MS = 20;
/** Time limit for a killed process to be gone; it takes long only if the system is busy with it. */
const KILLED_MS = 2000;

/**
 * Ends the registry like `stopRegistry` on Windows, where a process cannot handle signals: by
 * asking it.
 *
 * @throws {SessionctlError} `TIMED_OUT`, and the errors of `RegistryClient.stop`.
 */
export async function stopByRequest(options: StopOptions): Promise<Stopped | undefined> {
  const { timeoutMs, kill = false, socket, step } = options;
  const deadline = performance.now() + timeoutMs;
  const client = new RegistryClient({ socket, timeoutMs, returnMs: 0 });
  const pid = await pidOf(client);
  if (pid === undefined) return undefined;
  const { socketPath } = client;
  step?.(`asking pid ${pid} to end, which listens on ${printablePath(socketPath)}`);
  await client.stop().catch((error) => {
    if (!kill) throw error;
    step?.(String(error.message));
  });
  if (await ends(pid, deadline)) return { socketPath, pid, killed: false };
  if (!kill) throw stillThere(socketPath, pid, timeoutMs);
  step?.(`ending pid ${pid}`);
  signalProcess(pid, "SIGKILL");
  if (await ends(pid, performance.now() + KILLED_MS)) return { socketPath, pid, killed: true };
  throw stillThere(socketPath, pid, timeoutMs + KILLED_MS);
}

async function pidOf(client: RegistryClient): Promise<number | undefined> {
  try {
    return (await client.health()).pid;
  } catch (error) {
    if (hasCode(error, "REGISTRY_UNREACHABLE")) return undefined;
    throw error;
  }
}

async function ends(pid: number, deadline: number): Promise<boolean> {
  while (isRunning(pid)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function stillThere(socketPath: string, pid: number, ms: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `the registry on ${printablePath(socketPath)} (pid ${pid}) has not ended within ${ms} ms`,
    { hint: "wait longer with --timeout, or use --kill: acknowledged changes are on disk" },
  );
}
