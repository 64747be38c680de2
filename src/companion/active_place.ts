import { basename, isAbsolute } from "@std/path";
import { callInstance, type ChannelPeer, routedChannel } from "../ipc/mod.ts";
import { SessionctlError } from "../errors.ts";

/** The user's position in a window: the active editor's file, and the start of its selection. */
export interface ActivePlace {
  readonly uri: string;
  /** The file's path in the file system; absent for a file elsewhere, or one not saved yet. */
  readonly path?: string;
  /** Starts at 1; absent if the window does not report it. */
  readonly line?: number;
  readonly column?: number;
}

/** A window with the companion, as it is registered. */
export interface CompanionSession {
  readonly socketPath: string;
  readonly windowId?: string;
  readonly instanceSockets?: unknown;
}

export interface ActivePlaceOptions {
  /** Connects to the hub; called only if no instance socket of the window answers. */
  readonly connectHub: () => Promise<ChannelPeer>;
  /** Time limit of each of the two ways, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Asks a window for its active editor: on the instance socket that belongs to the window alone, or
 * else through the hub.
 *
 * @returns undefined if no file is open in it.
 * @throws {SessionctlError} the error of the second way, if neither way gives an answer.
 */
export async function activePlace(
  session: CompanionSession,
  { connectHub, timeoutMs }: ActivePlaceOptions,
): Promise<ActivePlace | undefined> {
  const own = ownInstance(session);
  if (own !== undefined) {
    try {
      return placeIn(await callInstance(own, "state", {}, { timeoutMs }));
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
    }
  }
  using hub = await connectHub();
  const channel = hub.getChannel(routedChannel("window", session.socketPath));
  const signal = AbortSignal.timeout(timeoutMs);
  return placeIn(await channel.call("state", undefined, { signal }));
}

/** Other instance sockets belong to a folder, and may be another window's by now. */
function ownInstance({ windowId, instanceSockets }: CompanionSession): string | undefined {
  if (windowId === undefined || !Array.isArray(instanceSockets)) return undefined;
  return instanceSockets.find((path) =>
    typeof path === "string" && isAbsolute(path) && basename(path) === `window-${windowId}.sock`
  );
}

/** A window's answer, which may be anything. */
function placeIn(state: unknown): ActivePlace | undefined {
  const { activeEditor } = object(state);
  const { uri, path, selection } = object(activeEditor);
  if (typeof uri !== "string") return undefined;
  const { line, column } = object(object(selection).start);
  return {
    uri,
    ...(typeof path === "string" && isAbsolute(path) ? { path } : {}),
    ...(isPosition(line) ? { line } : {}),
    ...(isPosition(line) && isPosition(column) ? { column } : {}),
  };
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
