/** A rate limit that refills at a steady rate. */
export class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  /**
   * @param most Maximum cost taken at once after a pause.
   * @param perSecond Amount that refills per second.
   */
  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#left = most;
    this.#perSecond = perSecond;
  }

  /** Takes `cost`, if that much is left. */
  take(cost: number): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) / 1000 * this.#perSecond);
    this.#at = now;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}
