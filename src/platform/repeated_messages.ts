import { Later } from "./later.ts";

/** How long equal kinds of messages are gathered, in milliseconds. */
const WINDOW_MS = 5_000;

interface Kind {
  readonly since: number;
  last: string;
  held: number;
}

/**
 * Says the first message of a kind at once and then, at most every few seconds, the
 * last one with how many there were: a target that is missing, or a client that
 * hammers, does not fill the log.
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

  /** Says what was held back long enough, or all of it when the process ends. */
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
