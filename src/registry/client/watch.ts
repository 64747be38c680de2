import { delay } from "@std/async/delay";
import { type ChannelPeer, type SessionChange, sessionChanges } from "../../ipc/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import type { WatchEvent } from "../protocol.ts";

/** Which sessions to watch, and how to react while no registry answers. */
export interface WatchOptions {
  /** Ends the loop when it aborts. */
  readonly signal?: AbortSignal;
  /** Limits the events to the session with this editor socket. */
  readonly session?: string;
  /** Limits the events to sessions with an open folder that is this one or below it; absolute. */
  readonly folder?: string;
  /**
   * Called with the reason each time that the registry has ended or cannot be reached. If given,
   * the loop waits for the registry without a limit, unless this function throws. Without it, the
   * loop ends when a registry that has ended does not come back within the client's `returnMs`.
   */
  onAway?(reason: SessionctlError): void;
}

const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1000;
/** After this many connections in a row without a single event, the loop gives the hub up. */
const MAX_EMPTY = 5;

/**
 * Follows the sessions across restarts of the registry. `connect` opens each connection to the hub,
 * and each connection begins with a snapshot.
 *
 * @throws {SessionctlError} the first error of `connect`; later, any error that waiting cannot
 * resolve; whatever `onAway` throws.
 */
export async function* watchRegistry(
  connect: () => Promise<ChannelPeer>,
  { signal, onAway, session, folder }: WatchOptions,
): AsyncGenerator<WatchEvent, void> {
  const filter = { ...session !== undefined && { session }, ...folder !== undefined && { folder } };
  let pause = FIRST_PAUSE_MS;
  let wasThere = false;
  let empty = 0;
  while (!signal?.aborted) {
    let reason = new SessionctlError("CONNECTION_CLOSED", "the registry has ended");
    try {
      empty++;
      for await (const change of changesOnce(connect, filter, signal)) {
        [pause, wasThere, empty] = [FIRST_PAUSE_MS, true, 0];
        yield change as WatchEvent;
        if (signal?.aborted) return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!(onAway ? isAway(error) : wasThere && isUnreachable(error))) throw error;
      reason = error as SessionctlError;
    }
    if (signal?.aborted) return;
    if (onAway) onAway(reason);
    else if (isUnreachable(reason) || empty === MAX_EMPTY) return;
    await delay(pause, { signal }).catch(() => {});
    pause = Math.min(LAST_PAUSE_MS, pause * 2);
  }
}

function isUnreachable(error: unknown): boolean {
  return hasCode(error, "REGISTRY_UNREACHABLE");
}

/** Whether the registry may answer later. */
function isAway(error: unknown): boolean {
  return error instanceof SessionctlError &&
    (isUnreachable(error) ||
      hasCode(error, "TIMED_OUT", "CONNECTION_CLOSED", "BACKLOG_FULL") ||
      hasCode(error, "REGISTRY_ERROR", "INVALID_MESSAGE"));
}

/** Yields the changes from one connection, until it ends or `signal` aborts. */
async function* changesOnce(
  connect: () => Promise<ChannelPeer>,
  filter: Pick<WatchOptions, "session" | "folder">,
  signal: AbortSignal | undefined,
): AsyncGenerator<SessionChange, void> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const connecting = connect();
  const close = () => {
    aborted.reject(signal?.reason);
    connecting.then((peer) => peer.dispose(), () => {});
  };
  signal?.addEventListener("abort", close, { once: true });
  try {
    yield* sessionChanges(await Promise.race([connecting, aborted.promise]), filter);
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}
