/** Something that can be ended once. */
export interface Disposable {
  /** Releases it; a second call has no effect. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Calls `listener` for each value until the subscription is disposed of.
 *
 * @param onEnd Called once if the subscription ends by itself: the peer refused it, lost
 * events, or is gone.
 */
export type Event<T> = (
  listener: (value: T) => void,
  onEnd?: (error: Error) => void,
) => Disposable;

/** A {@link Disposable} that calls `action` the first time it is disposed of. */
export function disposable(action: () => void): Disposable {
  let pending: (() => void) | undefined = action;
  const dispose = () => {
    const run = pending;
    pending = undefined;
    run?.();
  };
  return { dispose, [Symbol.dispose]: dispose };
}

/**
 * Where an event comes from.
 *
 * @example
 * ```ts
 * const changed = new Emitter<string>();
 * const subscription = changed.event((name) => console.log(name));
 * changed.fire("a");
 * subscription.dispose();
 * ```
 */
export class Emitter<T> {
  readonly #listeners = new Set<{ call(value: T): void }>();

  /** How many listen now. */
  get size(): number {
    return this.#listeners.size;
  }

  /** What is handed out to those who listen. */
  readonly event: Event<T> = (listener) => {
    // An object of its own: the same function may listen twice.
    const entry = { call: listener };
    this.#listeners.add(entry);
    return disposable(() => this.#listeners.delete(entry));
  };

  /** Gives `value` to everybody who listens; one that throws does not keep it from the others. */
  fire(value: T): void {
    let failed: { error: unknown } | undefined;
    for (const listener of [...this.#listeners]) {
      try {
        listener.call(value);
      } catch (error) {
        failed ??= { error };
      }
    }
    if (failed) throw failed.error;
  }
}
