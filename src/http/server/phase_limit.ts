/** The time limit of a connection's current phase: idle, a request arriving, a write. */
export class PhaseLimit {
  #ms = Infinity;
  /** Set at the first check; most phases end before it. */
  #deadline: number | undefined;
  #waitingSince: number | undefined;

  /** The end of the phase, as a `performance.now()` value; undefined before the first check. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** Time since which the phase has been seen to wait for the peer, or else infinite. */
  get waitingSince(): number {
    return this.#waitingSince ?? Infinity;
  }

  /**
   * Starts a new phase.
   *
   * @param ms Its time limit in milliseconds; infinite if it does not wait for the peer.
   * @param deadline The deadline of an earlier phase that this one continues.
   */
  set(ms: number, deadline?: number): void {
    this.#ms = ms;
    this.#deadline = deadline;
    this.#waitingSince = undefined;
  }

  /** Checks the clock. @returns whether the phase has lasted too long. */
  isOver(now: number): boolean {
    if (this.#ms !== Infinity) this.#waitingSince ??= now;
    this.#deadline ??= now + this.#ms;
    return now >= this.#deadline;
  }
}
