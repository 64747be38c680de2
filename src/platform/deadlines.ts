interface Pending {
  readonly at: number;
  expire: () => void;
}

const nothing = () => {};

/**
 * Time limits that share one timer. The runtime's own list of timers keeps a cleared timer for a
 * while, and everything that it refers to; with a timer for each of thousands of short requests a
 * second, that would double a server's memory.
 *
 * @example
 * ```ts
 * const cancel = deadlines.start(300, () => reject(new Error("no answer")));
 * ```
 */
export class Deadlines {
  readonly #pending = new Set<Pending>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next = Infinity;

  /**
   * Calls `expire` after `ms` milliseconds, unless the returned function is called before.
   */
  start(ms: number, expire: () => void): () => void {
    const pending: Pending = { at: performance.now() + ms, expire };
    this.#pending.add(pending);
    if (pending.at < this.#next) this.#schedule(pending.at);
    return () => {
      this.#pending.delete(pending);
      // The set's memory outlives its elements; the objects they refer to need not.
      pending.expire = nothing;
      // The timer does not keep an otherwise finished process alive.
      if (this.#pending.size === 0) this.#stop();
    };
  }

  #schedule(at: number): void {
    this.#stop();
    this.#next = at;
    this.#timer = setTimeout(
      () => this.#expireDue(),
      Math.max(0, Math.ceil(at - performance.now())),
    );
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#next = Infinity;
  }

  #expireDue(): void {
    this.#next = Infinity;
    const now = performance.now();
    let next = Infinity;
    const due: Pending[] = [];
    for (const pending of this.#pending) {
      if (pending.at > now) next = Math.min(next, pending.at);
      else due.push(pending);
    }
    for (const pending of due.sort((a, b) => a.at - b.at)) {
      this.#pending.delete(pending);
      pending.expire();
    }
    // An expiry may have started another limit; the earlier one counts.
    if (next < this.#next) this.#schedule(next);
  }
}
