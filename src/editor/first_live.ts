import { Deadlines } from "../platform/mod.ts";
import type { EditorLiveness } from "./probe.ts";

// Marked as pure, so that the bundler removes it from commands that do not use it.
const patience = /* @__PURE__ */ new Deadlines();

interface Candidate<T> {
  readonly value: T;
  verdict: EditorLiveness | undefined;
}

export interface FirstLiveOptions<T> {
  probe(value: T): Promise<EditorLiveness>;
  /** Called with each candidate that is dead. */
  onDead?(value: T): void;
  /** Maximum number of concurrent probes. */
  readonly concurrency: number;
  /** Time without a verdict after which the next candidate is probed as well, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Finds the first live candidate in the given order, whatever the order of the answers.
 *
 * Usually the first candidate is live, and no other is probed. While one does not answer, those
 * after it are probed, so that a candidate that never answers costs only its own time limit.
 *
 * @returns the first live candidate, else the first unresponsive one, else undefined.
 */
export async function firstLive<T>(
  candidates: Iterable<T>,
  options: FirstLiveOptions<T>,
): Promise<{ value: T; liveness: "live" | "unresponsive" } | undefined> {
  const source = candidates[Symbol.iterator]();
  const queue: Candidate<T>[] = [];
  let exhausted = false;
  let unresponsive: T | undefined;
  let wake = Promise.withResolvers<void>();

  const start = () => {
    const next = source.next();
    if (next.done) return void (exhausted = true);
    const candidate: Candidate<T> = { value: next.value, verdict: undefined };
    queue.push(candidate);
    options.probe(candidate.value).catch((): EditorLiveness => "unresponsive").then((verdict) => {
      candidate.verdict = verdict;
      if (verdict === "dead") options.onDead?.(candidate.value);
      wake.resolve();
    });
  };

  for (;;) {
    while (queue[0]?.verdict !== undefined) {
      const { value, verdict } = queue.shift()!;
      if (verdict === "live") return { value, liveness: "live" };
      if (verdict === "unresponsive") unresponsive ??= value;
    }
    if (queue.length === 0) {
      if (!exhausted) start();
      if (exhausted && queue.length === 0) break;
    }
    wake = Promise.withResolvers<void>();
    if (queue[0]!.verdict !== undefined) continue;
    const answered = patience.start(options.patienceMs, () => {
      // Twice as many each time, so that several hung candidates cost little more than one.
      for (let more = queue.length; more > 0; more--) {
        if (!exhausted && queue.length < options.concurrency) start();
      }
      wake.resolve();
    });
    await wake.promise;
    answered();
  }
  return unresponsive === undefined ? undefined : { value: unresponsive, liveness: "unresponsive" };
}
