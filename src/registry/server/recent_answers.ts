import type { HttpReply } from "../../http/server/mod.ts";

/** As many different questions as come within one verdict's time, and then some. */
const MOST = 1024;

interface Answer {
  readonly reply: HttpReply;
  /** The registry's version it was given at. */
  readonly version: number;
  /** Until when it may be given again, a `performance.now()`. */
  readonly until: number;
}

/**
 * Answers to lookups of a moment ago. A client that asks the same again while the
 * verdict on the editor is fresh and no session came or went gets the same answer,
 * without the path being resolved anew.
 */
export class RecentAnswers {
  readonly #byQuery = new Map<string, Answer>();

  /** @param version The registry's version now. */
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
