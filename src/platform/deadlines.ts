interface Pending {
  /** The end of the time limit, as a `performance.now()` value. */
  readonly at: number;
  /** The same, or the end of its extension. */
  until: number;
  expire: () => void;
}

const nothing = () => {};

/** If the timer is later than this, in milliseconds, the process could not run meanwhile. */
const LATE_MS = 50;
/** Maximum extension of a time limit, in milliseconds. */
const MAX_EXTENSION_MS = 250;

/**
 * Time limits that share one timer. The runtime's own list of timers keeps a cleared timer for a
 * while, and everything that it refers to; with a timer for each of thousands of short requests a
 * second, that would double a server's memory.
 *
 * If this process cannot run for a while (the machine is busy, or its container has used up its
 * share of the processor), the answer to a request may have arrived unread when its time limit ends.
 * The limit is then extended once, by the time that was lost, at most 250 ms.
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
    const at = performance.now() + ms;
    const pending: Pending = { at, until: at, expire };
    this.#pending.add(pending);
    if (at < this.#next) this.#schedule(at);
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
    const now = performance.now();
    const late = now - this.#next;
    this.#next = Infinity;
    let next = Infinity;
    const due: Pending[] = [];
    for (const pending of this.#pending) {
      if (late > LATE_MS && pending.until <= now && pending.until === pending.at) {
        pending.until = now + Math.min(late, MAX_EXTENSION_MS);
      }
      if (pending.until > now) next = Math.min(next, pending.until);
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
