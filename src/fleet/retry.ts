const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Waits between attempts: longer after each failure, and differently for each host. */
export class Retry {
  readonly #signal: AbortSignal;
  #nextMs = FIRST_MS;

  /** @param signal Ends every wait. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether the previous attempt failed, too. */
  get hasFailed(): boolean {
    return this.#nextMs > FIRST_MS;
  }

  /** Call this when an attempt has succeeded. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }

  /** Waits before the next attempt. Resolves immediately when the signal ends it. */
  async wait(): Promise<void> {
    const ms = this.#nextMs * (0.5 + Math.random());
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    await pause(ms, this.#signal);
  }
}

/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
