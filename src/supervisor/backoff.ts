import type { BackoffTimes } from "./types.ts";

const DEFAULTS: BackoffTimes = {
  firstMs: 1000,
  longestMs: 60_000,
  settledMs: 60_000,
  jitter: 0.2,
};

/**
 * Determines the pause before a child that ended is restarted: twice as long each time, with a
 * random variation, so that many that failed together do not restart together.
 *
 * @example
 * ```ts
 * const backoff = new Backoff({ firstMs: 1000 }, 10);
 * backoff.next(200); // about 1000
 * backoff.next(200); // about 2000
 * ```
 */
export class Backoff {
  readonly #times: BackoffTimes;
  readonly #giveUpAfter: number;
  readonly #random: () => number;
  #attempts = 0;

  /**
   * @param giveUpAfter Maximum number of consecutive pauses.
   * @param random Returns a number from 0 to 1, like `Math.random`.
   */
  constructor(
    times: Partial<BackoffTimes> = {},
    giveUpAfter = 10,
    random: () => number = Math.random,
  ) {
    this.#times = { ...DEFAULTS, ...times };
    this.#giveUpAfter = giveUpAfter;
    this.#random = random;
  }

  /** Number of pauses since the child last ran long enough. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * @param upMs How long the child that ended had run, in milliseconds.
   * @returns the pause in milliseconds; undefined to give up.
   */
  next(upMs: number): number | undefined {
    const { firstMs, longestMs, settledMs, jitter } = this.#times;
    if (upMs >= settledMs) this.#attempts = 0;
    if (this.#attempts >= this.#giveUpAfter) return undefined;
    // Beyond 2^30, the result exceeds any limit anyway.
    const pause = Math.min(longestMs, firstMs * 2 ** Math.min(30, this.#attempts++));
    return Math.min(longestMs, pause * (1 + jitter * (2 * this.#random() - 1)));
  }
}
