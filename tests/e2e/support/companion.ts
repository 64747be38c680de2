import { compiled, type Running, spawn } from "../../support/mod.ts";
import type { ListedSession } from "../../../src/registry/protocol.ts";
import { workspaceFolders } from "../../../src/registry/session.ts";
import { eventually } from "./limits.ts";
import type { World } from "./world.ts";

// deno-lint-ignore no-explicit-any
type Answer = any;

/** The live windows that a companion registered. */
export async function companions(world: World): Promise<ListedSession[]> {
  const sessions = await world.sessions();
  return sessions.filter(({ source, liveness }) => source === "companion" && liveness === "live");
}

/** Waits for the window of a companion that has this folder open, and returns its session. */
export async function companionOf(world: World, folder: string): Promise<ListedSession> {
  let found: ListedSession | undefined;
  await eventually(`the companion of ${folder} has registered`, async () => {
    found = (await companions(world))
      .find(({ workspace }) => workspaceFolders(workspace).includes(folder));
    return found !== undefined;
  });
  return found!;
}

/** Maximum delay in milliseconds until the registry shows a change of a window. */
const PROMPT_MS = 5000;

/**
 * Waits until `list` shows sessions that meet the condition.
 *
 * @returns the waiting time in milliseconds.
 * @throws {Error} after 5 s.
 */
export async function untilListed(
  world: World,
  what: string,
  holds: (sessions: readonly ListedSession[]) => boolean,
): Promise<number> {
  const started = performance.now();
  await eventually(what, async () => holds(await world.sessions()));
  const milliseconds = performance.now() - started;
  if (milliseconds > PROMPT_MS) throw new Error(`${what}: after ${milliseconds} ms`);
  return milliseconds;
}

/** Calls a method at a folder's instance socket. */
export async function ask(
  world: World,
  folder: string,
  method: string,
  params: unknown = {},
): Promise<Answer> {
  const args = ["call", "--workspace", folder, method, JSON.stringify(params)];
  return JSON.parse((await world.succeed(args)).stdout);
}

/** Prints the events of a folder's window as they arrive. */
export function listen(world: World, folder: string, event: string): Running {
  return spawn(world.sandbox, compiled.command, ["call", "--workspace", folder, "--listen", event]);
}
