/** How a wait stands: the files are still open, were closed, or that will not be known. */
export type WaitState = "open" | "closed" | { readonly failed: string };

interface Wait {
  state: WaitState;
  askedAt: number;
  readonly ended: Promise<void>;
  readonly forget: () => void;
}

/** How many files may be waited for over one link. */
const MAX_WAITS = 64;
/** A sender that has not asked for so long, in milliseconds, is gone. */
const FORGOTTEN_MS = 120_000;

/** Files that a sender waits for: it asks again and again, and each question waits a while. */
export class Waits {
  readonly #waits = new Map<string, Wait>();

  get isFull(): boolean {
    this.#forgetOld();
    return this.#waits.size >= MAX_WAITS;
  }

  /**
   * @param closed Resolves when the files were closed.
   * @param forget Called when nobody asks any more.
   * @returns the id to ask by: who does not know it cannot guess it.
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
    return id;
  }

  /**
   * How a wait stands when it has ended, at the latest after `ms` milliseconds; one that has ended
   * is told once.
   *
   * @returns undefined if there is no such wait.
   */
  async ask(id: string, ms: number): Promise<WaitState | undefined> {
    const wait = this.#waits.get(id);
    if (!wait) return undefined;
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, ms);
    await Promise.race([wait.ended, patience.promise]);
    clearTimeout(timer);
    wait.askedAt = performance.now();
    if (wait.state !== "open") this.#forget(id, wait);
    return wait.state;
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [id, wait] of this.#waits) {
      if (now - wait.askedAt > FORGOTTEN_MS) this.#forget(id, wait);
    }
  }

  #forget(id: string, wait: Wait): void {
    if (this.#waits.delete(id)) wait.forget();
  }

  /** Forgets all of them. */
  close(): void {
    for (const [id, wait] of this.#waits) this.#forget(id, wait);
  }
}
