import type { HttpReply } from "../../http/server/mod.ts";

/**
 * Maximum number of answers, more than the different lookups that arrive while a verdict is fresh.
 */
const MOST = 1024;

interface Answer {
  readonly reply: HttpReply;
  /** The registry's version at the time of the answer. */
  readonly version: number;
  /** Time until which the answer may be repeated, as a `performance.now()` value. */
  readonly until: number;
}

/**
 * Recent answers to lookups. While the verdict on the editor is fresh and the registry's version is
 * unchanged, a client that repeats a lookup gets the same answer, and the path is not resolved
 * again.
 */
export class RecentAnswers {
  readonly #byQuery = new Map<string, Answer>();

  /** @param version The registry's current version. */
  get(query: string, version: number): HttpReply | undefined {
    const answer = this.#byQuery.get(query);
    if (answer === undefined || answer.version !== version) return undefined;
    return performance.now() < answer.until ? answer.reply : undefined;
  }

  set(query: string, answer: Answer): void {
    if (this.#byQuery.size >= MOST) this.#byQuery.clear();
    this.#byQuery.set(query, answer);
  }
}
