import type { WatchEvent } from "../protocol.ts";
import type { Session } from "../session.ts";

/** A line of `watch`: first each session that is present, then each change. */
export interface WatchedChange {
  readonly type: "present" | Exclude<WatchEvent["type"], "snapshot">;
  readonly session: Session;
}

/** Turns snapshots into the changes since the last reported state. */
export class SessionTracker {
  #known: Map<string, { session: Session; print: string; focused: boolean }> | undefined;

  /** Whether a snapshot has arrived. */
  get hasBegun(): boolean {
    return this.#known !== undefined;
  }

  /** Returns the changes to report after this event. */
  apply(event: WatchEvent): WatchedChange[] {
    if (event.type === "snapshot") return this.#applySnapshot(event.sessions);
    const { type, session } = event;
    if (type === "added" || type === "focused") this.#remember(session);
    else this.#known?.delete(session.socketPath);
    return [{ type, session }];
  }

  #remember(session: Session): void {
    this.#known ??= new Map();
    const focused = session.focused === true;
    this.#known.set(session.socketPath, { session, print: fingerprint(session), focused });
  }

  #applySnapshot(sessions: readonly Session[]): WatchedChange[] {
    const before = this.#known;
    this.#known = new Map();
    const changes: WatchedChange[] = [];
    for (const session of sessions) {
      this.#remember(session);
      const known = before?.get(session.socketPath);
      if (!before) changes.push({ type: "present", session });
      else if (known?.print !== fingerprint(session)) changes.push({ type: "added", session });
      else if (known.focused !== (session.focused === true)) {
        changes.push({ type: "focused", session });
      }
      before?.delete(session.socketPath);
    }
    const gone = [...before?.values() ?? []];
    return [...gone.map(({ session }) => ({ type: "removed" as const, session })), ...changes];
  }
}

/**
 * The fields that distinguish a session from its former state. Liveness, the time of its last
 * answer, and the focus do not count.
 */
function fingerprint(session: Session): string {
  const passing = { lastSeenAt: undefined, liveness: undefined };
  return JSON.stringify({ ...session, ...passing, focused: undefined, focusedAt: undefined });
}
