/** How long the current phase of a connection may last: idle, a request arriving, a write. */
export class PhaseLimit {
  #ms = Infinity;
  /** Set at the first look it lives to see: most phases never do. */
  #deadline: number | undefined;
  #waitingSince: number | undefined;

  /** When it ends, a `performance.now()`, if anybody has looked yet. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** Since when the phase has been seen to wait for the peer; else infinite. */
  get waitingSince(): number {
    return this.#waitingSince ?? Infinity;
  }

  /**
   * A new phase begins.
   *
   * @param ms How long it may last, in milliseconds; infinite when it waits for nobody.
   * @param deadline When it goes on where an earlier one was: that one's deadline.
   */
  set(ms: number, deadline?: number): void {
    this.#ms = ms;
    this.#deadline = deadline;
    this.#waitingSince = undefined;
  }

  /** Looks at the clock. @returns whether the phase has lasted too long. */
  isOver(now: number): boolean {
    if (this.#ms !== Infinity) this.#waitingSince ??= now;
    this.#deadline ??= now + this.#ms;
    return now >= this.#deadline;
  }
}
