import { compareFocus, dropUnsoundFocus, type Focus, windowIdOf } from "../focus.ts";
import type { Session } from "../session.ts";
import type { RankingIndex } from "./ranking.ts";

/**
 * Which window has the focus, and when each had it last. All sockets of a window have the focus
 * of their window. One person looks at one window: of several that say that they have the focus,
 * it is the one that says so for the latest time. A window whose browser was killed goes on
 * saying so, for an earlier time.
 */
export class WindowFocus {
  readonly #index: RankingIndex;

  constructor(index: RankingIndex) {
    this.#index = index;
  }

  /** Adds the sessions of a state file, whose focus may be anything, the oldest first. */
  load(sessions: readonly Session[]): void {
    for (const session of sessions) dropUnsoundFocus(session);
    const used = sessions.filter(({ focusedAt }) => focusedAt !== undefined);
    const others = sessions.filter(({ focusedAt }) => focusedAt === undefined);
    // Each is added ahead of all before it, which takes one step.
    used.sort((a, b) => compareFocus(b, a));
    for (const session of [...others, ...used]) this.#index.add(session);
    this.#limitTo(Date.now());
    const holder = this.#holder;
    for (const session of used) {
      if (holder && session.focused && !isSameWindow(session, holder)) this.#set(session, false);
    }
  }

  /**
   * Adds a session with the focus that it tells, or else that of the one it replaces or of its
   * window.
   *
   * @param told What it tells of the focus; undefined if nothing.
   * @returns the session it replaced, and those whose focus changed.
   */
  add(session: Session, told: Focus | undefined): { former?: Session; changed: Session[] } {
    const former = this.#index.get(session.socketPath);
    session.focused = former?.focused;
    session.focusedAt = former?.focusedAt;
    this.#index.add(session);
    return { former, changed: told ? this.report(session, told) : this.#adopt(session) };
  }

  /**
   * Takes what a registered session's window reports, for all its sockets.
   *
   * @param focus With a time that is not in the future.
   * @returns the sessions whose focus changed, those of the window that lost it included.
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
   * A session is gone. Sockets of terminals may outlive their window; they tell nothing of the focus.
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

  /** @returns whether anything changed. A time only ever goes up. */
  #set(session: Session, focused: boolean, at?: number): boolean {
    const latest = Math.max(session.focusedAt ?? -1, at ?? -1);
    const focusedAt = latest < 0 ? undefined : latest;
    if ((session.focused ?? false) === focused && session.focusedAt === focusedAt) return false;
    this.#index.setFocus(session, focused, focusedAt);
    return true;
  }

  /**
   * After the clock was set back, earlier times lie in the future: they are lowered, in their
   * order, so that the next report is the latest.
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
