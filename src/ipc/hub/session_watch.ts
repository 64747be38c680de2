import { errnoOf, SessionctlError } from "../../errors.ts";
import { connectChannels } from "../channels/peer.ts";
import {
  type HubSession,
  registryChannel,
  type SessionChange,
  type SessionChangeType,
  type SessionFilter,
} from "./registry_channel.ts";

/** What a watcher hears: who is there at first, then who comes and goes, and the focus. */
export interface WatchedChange {
  readonly type: "present" | SessionChangeType;
  readonly session: HubSession;
}

export interface WatchOptions {
  /** Finds the hub's socket anew for each connection; its error, the first time, is the watcher's. */
  locate(): Promise<string>;
  readonly filter?: Omit<SessionFilter, "snapshot">;
  readonly signal?: AbortSignal;
  onChange(change: WatchedChange): void;
  /** The hub is gone, or back. */
  onConnection?(state: "lost" | "back"): void;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/**
 * Follows the sessions until `signal` aborts, over restarts of the server: what changed
 * while it was away is told when it is back.
 *
 * @throws {SessionctlError} what `locate` throws, if there is no server at first; what
 * `onChange` and `onConnection` throw.
 * @example
 * ```ts
 * await watchSessions({ locate: () => ipcSocket, onChange: ({ type }) => console.log(type) });
 * ```
 */
export async function watchSessions(options: WatchOptions): Promise<void> {
  const tracker = new SessionTracker();
  const { signal } = options;
  let connected = false;
  for (let pause = FIRST_RETRY_MS; !signal?.aborted;) {
    try {
      await follow(options, tracker, () => {
        if (connected) options.onConnection?.("back");
        connected = true;
        pause = FIRST_RETRY_MS;
      });
      if (!signal?.aborted) options.onConnection?.("lost");
    } catch (error) {
      if (!connected || !isAbsence(error)) throw error;
    }
    if (signal?.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(LAST_RETRY_MS, pause * 2);
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof SessionctlError &&
    [
      "REGISTRY_UNREACHABLE",
      "TIMED_OUT",
      "SOCKET_MISSING",
      "CONNECTION_REFUSED",
      "CONNECTION_CLOSED",
      "BACKLOG_FULL",
      "REGISTRY_ERROR",
      "INVALID_MESSAGE",
    ].includes(error.code);
}

/** One connection's life. */
async function follow(
  options: WatchOptions,
  tracker: SessionTracker,
  onConnected: () => void,
): Promise<void> {
  const peer = await connectChannels(await options.locate(), "watch");
  const stop = () => peer.dispose();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  const failed = Promise.withResolvers<void>();
  try {
    registryChannel.client(peer).onDidChangeSessions({ ...options.filter, snapshot: true })(
      (change) => {
        try {
          if (change.type === "snapshot") onConnected();
          for (const told of tracker.apply(change)) options.onChange(told);
        } catch (error) {
          // The watcher's own, and for it to hear: a disk that is full, say.
          failed.reject(error);
        }
      },
      (error) => errnoOf(error) === "CONNECTION_CLOSED" ? failed.resolve() : failed.reject(error),
    );
    await failed.promise;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    peer.dispose();
  }
}

/** Turns snapshots into what changed since the last thing that was told. */
export class SessionTracker {
  #known: Map<string, { session: HubSession; print: string; focused: boolean }> | undefined;

  /** What to tell after this change. */
  apply(change: SessionChange): WatchedChange[] {
    if (change.type === "snapshot") return this.#applySnapshot(change.sessions);
    const { type, session } = change;
    if (type === "added" || type === "focused") this.#remember(session);
    else this.#known?.delete(session.socketPath);
    return [{ type, session }];
  }

  #remember(session: HubSession): void {
    this.#known ??= new Map();
    const focused = session.focused === true;
    this.#known.set(session.socketPath, { session, print: fingerprint(session), focused });
  }

  #applySnapshot(sessions: readonly HubSession[]): WatchedChange[] {
    const before = this.#known;
    this.#known = new Map();
    const told: WatchedChange[] = [];
    for (const session of sessions) {
      this.#remember(session);
      const known = before?.get(session.socketPath);
      if (!before) told.push({ type: "present", session });
      else if (known?.print !== fingerprint(session)) told.push({ type: "added", session });
      else if (known.focused !== (session.focused === true)) {
        told.push({ type: "focused", session });
      }
      before?.delete(session.socketPath);
    }
    const gone = [...before?.values() ?? []];
    return [...gone.map(({ session }) => ({ type: "removed" as const, session })), ...told];
  }
}

/** What makes a session another one than before; that it answered or was in use lately does not. */
function fingerprint(session: HubSession): string {
  const passing = { lastSeenAt: undefined, liveness: undefined };
  return JSON.stringify({ ...session, ...passing, focused: undefined, focusedAt: undefined });
}
