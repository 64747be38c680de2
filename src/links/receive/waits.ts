/** The state of a wait: the files are still open, were closed, or their state is unknown. */
export type WaitState = "open" | "closed" | { readonly failed: string };

interface Wait {
  state: WaitState;
  askedAt: number;
  readonly ended: Promise<void>;
  readonly forget: () => void;
}

export interface WaitsOptions {
  /** Maximum number of waits. */
  readonly most: number;
  /** A sender that has not asked for this long is gone, in milliseconds. */
  readonly forgottenMs: number;
}

/** Maximum time after which a question is answered, in milliseconds. */
const MAX_POLL_MS = 30_000;

/** Files that a sender waits for: it asks repeatedly, and each question waits a while. */
export class Waits {
  readonly #options: WaitsOptions;
  readonly #waits = new Map<string, Wait>();
  #sweeper: ReturnType<typeof setInterval> | undefined;

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#waits.size >= this.#options.most;
  }

  /**
   * @param closed Resolves when the files were closed.
   * @param forget Called when the sender no longer asks.
   * @returns the id to ask by, which cannot be guessed.
   */
  add(closed: Promise<unknown>, forget: () => void): string {
    const id = crypto.randomUUID();
    const wait: Wait = {
      state: "open",
      askedAt: performance.now(),
      ended: closed.then(
        () => void (wait.state = "closed"),
        (error: Error) => void (wait.state = { failed: error.message }),
      ),
      forget,
    };
    this.#waits.set(id, wait);
    this.#sweeper ??= setInterval(() => this.#forgetOld(), this.#options.forgottenMs / 4);
    return id;
  }

  /**
   * Returns the state of a wait when it has ended, or at the latest after `ms` milliseconds and
   * after 30 seconds; the end of a wait is reported only once.
   *
   * @returns undefined if there is no such wait.
   */
  async ask(id: string, ms: number): Promise<WaitState | undefined> {
    const wait = this.#waits.get(id);
    if (!wait) return undefined;
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, ms > 0 ? Math.min(ms, MAX_POLL_MS) : 0);
    await Promise.race([wait.ended, patience.promise]);
    clearTimeout(timer);
    wait.askedAt = performance.now();
    if (wait.state !== "open") this.#forget(id, wait);
    return wait.state;
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [id, wait] of this.#waits) {
      if (now - wait.askedAt > this.#options.forgottenMs) this.#forget(id, wait);
    }
  }

  #forget(id: string, wait: Wait): void {
    if (this.#waits.delete(id)) wait.forget();
    if (this.#waits.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Forgets all waits. */
  close(): void {
    for (const [id, wait] of this.#waits) this.#forget(id, wait);
  }
}
