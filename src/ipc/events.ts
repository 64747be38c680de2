/** A resource that can be released once. */
export interface Disposable {
  /** Releases it; further calls have no effect. */
  dispose(): void;
  /** Releases it, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Calls `listener` for each value until the subscription is disposed of.
 *
 * @param onEnd Called once if the subscription ends by itself: the peer refused it, lost events, or
 * disconnected.
 */
export type Event<T> = (
  listener: (value: T) => void,
  onEnd?: (error: Error) => void,
) => Disposable;

/** Creates a {@link Disposable} that calls `action` when it is first disposed of. */
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
 * A source of events.
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

  /** Number of listeners. */
  get size(): number {
    return this.#listeners.size;
  }

  /** The event to hand out to listeners. */
  readonly event: Event<T> = (listener) => {
    // A separate object, so that the same function may listen twice.
    const entry = { call: listener };
    this.#listeners.add(entry);
    return disposable(() => this.#listeners.delete(entry));
  };

  /**
   * Calls all listeners with `value`; an error of one does not prevent the others from being
   * called.
   */
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
