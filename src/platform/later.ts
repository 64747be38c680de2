/**
 * Runs an action some time after it was requested. Requests in the meantime are covered by the same
 * run, so there is no timer while none is pending.
 *
 * @example
 * ```ts
 * const sync = new Later(1000, () => file.syncDataSync());
 * sync.start();
 * sync.start(); // The same run.
 * ```
 */
export class Later {
  readonly #ms: number;
  readonly #action: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms Time between the first request and the run, in milliseconds. */
  constructor(ms: number, action: () => void) {
    this.#ms = ms;
    this.#action = action;
  }

  /** Requests a run. */
  start(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#action();
    }, this.#ms);
  }

  /** Cancels a run that has not started. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
