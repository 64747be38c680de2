import { delay } from "@std/async/delay";
import { hasCode } from "../../errors.ts";
import { type ListedSession, RegistryClient } from "../../registry/mod.ts";
import { starter } from "../shared/arguments.ts";
import { windowsOf } from "../shared/windows.ts";
import { everyWindow } from "../list.ts";
import type { CompanionContext } from "./options.ts";

/** Time limit for a newly installed companion to register its window, in milliseconds. */
const REGISTER_MS = 10_000;
const PAUSE_MS = 100;

/** The live windows, each with its best socket. */
export async function liveWindows(context: CompanionContext): Promise<ListedSession[]> {
  const sessions = await everyWindow(context);
  return windowsOf(sessions).map(({ sockets: [main] }) => main)
    .filter(({ liveness }) => liveness === "live");
}

/**
 * The version of the running companion of each of these windows, by socket.
 *
 * @param wait Whether to wait for them to register.
 * @returns undefined if no registry runs.
 */
export async function runningVersions(
  context: CompanionContext,
  windows: readonly { readonly socketPath: string }[],
  wait: boolean,
): Promise<ReadonlyMap<string, string> | undefined> {
  const client = new RegistryClient({ socket: context.socket, start: starter(context, true) });
  const limit = performance.now() + REGISTER_MS;
  for (;;) {
    let sessions: ListedSession[];
    try {
      sessions = await client.list({ probe: true });
    } catch (error) {
      if (hasCode(error, "REGISTRY_UNREACHABLE")) return undefined;
      throw error;
    }
    const found = versionsIn(sessions, windows);
    const isComplete = windows.every(({ socketPath }) => found.has(socketPath));
    if (!wait || isComplete || performance.now() > limit) return found;
    await delay(PAUSE_MS);
  }
}

function versionsIn(
  sessions: readonly ListedSession[],
  windows: readonly { readonly socketPath: string }[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { sockets } of windowsOf(sessions)) {
    const version = sockets.find(({ companion, liveness }) =>
      typeof companion === "string" && liveness === "live"
    )?.companion;
    if (version === undefined) continue;
    const paths = new Set(sockets.map(({ socketPath }) => socketPath));
    for (const { socketPath } of windows) if (paths.has(socketPath)) found.set(socketPath, version);
  }
  return found;
}
