import { compareFocus, dropUnsoundFocus, type Focus, windowIdOf } from "../focus.ts";
import type { Session } from "../session.ts";
import type { RankingIndex } from "./ranking.ts";

/**
 * Tracks which window has the focus, and when each window had it last. All sockets of a window
 * share its focus. One person looks at one window: if several windows claim the focus, the one with
 * the latest time has it. A window whose browser was killed keeps claiming it, with an earlier
 * time.
 */
export class WindowFocus {
  readonly #index: RankingIndex;

  constructor(index: RankingIndex) {
    this.#index = index;
  }

  /** Adds the sessions of a state file, oldest first. Their focus fields may hold anything. */
  load(sessions: readonly Session[]): void {
    for (const session of sessions) dropUnsoundFocus(session);
    const used = sessions.filter(({ focusedAt }) => focusedAt !== undefined);
    const others = sessions.filter(({ focusedAt }) => focusedAt === undefined);
    // Each session is added ahead of all before it, which takes one step.
    used.sort((a, b) => compareFocus(b, a));
    for (const session of [...others, ...used]) this.#index.add(session);
    this.#limitTo(Date.now());
    const holder = this.#holder;
    for (const session of used) {
      if (holder && session.focused && !isSameWindow(session, holder)) this.#set(session, false);
    }
  }

  /**
   * Adds a session with the focus that it reports. Without a report, it keeps the focus of the
   * session that it replaces, or takes that of its window.
   *
   * @param report The reported focus; undefined if none was reported.
   * @returns the session it replaced, and the sessions whose focus changed.
   */
  add(session: Session, report: Focus | undefined): { former?: Session; changed: Session[] } {
    const former = this.#index.get(session.socketPath);
    session.focused = former?.focused;
    session.focusedAt = former?.focusedAt;
    this.#index.add(session);
    return { former, changed: report ? this.report(session, report) : this.#adopt(session) };
  }

  /**
   * Applies the report of a registered session's window to all sockets of that window.
   *
   * @param focus The report; its time is not in the future.
   * @returns the sessions whose focus changed, including those of the window that lost it.
   */
  report(session: Session, focus: Focus): Session[] {
    const now = Date.now();
    this.#limitTo(now);
    const { focused = session.focused ?? false } = focus;
    const { focusedAt = session.focused ? now : undefined } = focus;
    const before = this.#holder;
    const others = before && !isSameWindow(before, session) ? this.#index.ofWindow(before) : [];
    const isEarlier = others.some((other) => (other.focusedAt ?? 0) > (focusedAt ?? 0));
    const gains = focused && !isEarlier;
    const changed = gains ? others.filter((other) => this.#set(other, false, focusedAt)) : [];
    const own = this.#index.ofWindow(session);
    return [...changed, ...own.filter((one) => this.#set(one, gains, focusedAt))];
  }

  /** Gives a session the focus of its window. */
  #adopt(session: Session): Session[] {
    const others = this.#index.ofWindow(session).filter((other) => other !== session);
    const speaker = others.find(({ source }) => source === "companion") ?? others[0];
    if (speaker === undefined) return [];
    return this.#set(session, speaker.focused ?? false, speaker.focusedAt) ? [session] : [];
  }

  /**
   * Updates the focus after a session was removed. Sockets of terminals may outlive their window,
   * but they do not report a focus.
   *
   * @returns the sessions that lost the focus.
   */
  ended(session: Session): Session[] {
    if (!session.focused || session.source !== "companion") return [];
    const rest = this.#index.ofWindow(session).filter((other) => other !== session);
    if (rest.some(({ source }) => source === "companion")) return [];
    return rest.filter((other) => this.#set(other, false));
  }

  get #holder(): Session | undefined {
    const { first } = this.#index;
    return first?.focused ? first : undefined;
  }

  /** Sets the focus of a session; the time never decreases. @returns whether anything changed. */
  #set(session: Session, focused: boolean, at?: number): boolean {
    const latest = Math.max(session.focusedAt ?? -1, at ?? -1);
    const focusedAt = latest < 0 ? undefined : latest;
    if ((session.focused ?? false) === focused && session.focusedAt === focusedAt) return false;
    this.#index.setFocus(session, focused, focusedAt);
    return true;
  }

  /**
   * Lowers times that lie in the future because the clock was set back, and keeps their order, so
   * that the next report is the latest.
   */
  #limitTo(now: number): void {
    for (const session of this.#index.sessions()) {
      if (session.focusedAt === undefined) return;
      if (session.focusedAt >= now) session.focusedAt = now - 1;
      else if (!session.focused) return;
    }
  }
}

function isSameWindow(a: Session, b: Session): boolean {
  const window = windowIdOf(a);
  return a === b || (window !== undefined && window === windowIdOf(b));
}
