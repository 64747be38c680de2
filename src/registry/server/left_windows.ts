import type { Liveness } from "../index/liveness.ts";

/**
 * When a session is probed after its window left the hub, in milliseconds. An extension host leaves
 * first and ends some time later.
 */
const PROBES_MS = [0, 100, 400, 1000, 2000, 4000];

export interface LeftWindowsOptions {
  /** Probes a session and removes it if it is dead; undefined if it is not registered. */
  check(socketPath: string): Promise<Liveness | undefined>;
  /** Whether the window is connected to the hub again. */
  isBack(socketPath: string): boolean;
}

/** Sessions whose windows have left the hub. Each is probed until it is gone or appears to stay. */
export class LeftWindows {
  readonly #options: LeftWindowsOptions;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: LeftWindowsOptions) {
    this.#options = options;
  }

  /** Starts probing the session of a window that has left. */
  add(socketPath: string): void {
    clearTimeout(this.#timers.get(socketPath));
    this.#probeAfter(socketPath, 0);
  }

  #probeAfter(socketPath: string, probe: number): void {
    const pause = PROBES_MS[probe]! - (PROBES_MS[probe - 1] ?? 0);
    const timer = setTimeout(async () => {
      const isOver = this.#options.isBack(socketPath) ||
        await this.#options.check(socketPath) === undefined || probe + 1 === PROBES_MS.length;
      // Otherwise the session was added again, or `stop` was called meanwhile.
      if (this.#timers.get(socketPath) !== timer) return;
      if (isOver) this.#timers.delete(socketPath);
      else this.#probeAfter(socketPath, probe + 1);
    }, pause);
    this.#timers.set(socketPath, timer);
  }

  /** Ends all probes. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
