import { Later } from "./later.ts";

/** Time for which messages of the same kind are collected, in milliseconds. */
const WINDOW_MS = 5_000;

interface Kind {
  readonly since: number;
  last: string;
  held: number;
}

/**
 * Writes the first message of a kind immediately and then, at most every few seconds, the last one
 * with the number of messages, so that a missing target or a hammering client does not fill the
 * log.
 */
export class RepeatedMessages {
  readonly #log: (line: string) => void;
  readonly #kinds = new Map<string, Kind>();
  readonly #flushing = new Later(WINDOW_MS, () => this.flush());

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  say(kind: string, message: string): void {
    const known = this.#kinds.get(kind);
    if (known) {
      known.held++;
      known.last = message;
      return;
    }
    this.#kinds.set(kind, { since: performance.now(), last: message, held: 0 });
    this.#flushing.start();
    this.#log(message);
  }

  /** Writes the messages that were held back long enough, or all of them when the process ends. */
  flush(all = false): void {
    const now = performance.now();
    for (const [name, kind] of this.#kinds) {
      if (!all && now - kind.since < WINDOW_MS) continue;
      this.#kinds.delete(name);
      if (kind.held === 0) continue;
      const more = kind.held > 1 ? ` (${kind.held} times)` : "";
      this.#log(`${kind.last}${more}`);
      if (!all) this.#kinds.set(name, { since: now, last: kind.last, held: 0 });
    }
    if (all) this.#flushing.stop();
    else if (this.#kinds.size > 0) this.#flushing.start();
  }
}
