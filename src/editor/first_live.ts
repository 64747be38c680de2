import { Deadlines } from "../platform/mod.ts";
import type { EditorLiveness } from "./probe.ts";

// Marked, so that the bundler keeps it from commands that need none.
const patience = /* @__PURE__ */ new Deadlines();

interface Candidate<T> {
  readonly value: T;
  verdict: EditorLiveness | undefined;
}

export interface FirstLiveOptions<T> {
  probe(value: T): Promise<EditorLiveness>;
  /** Told of each candidate that turned out dead. */
  onDead?(value: T): void;
  /** How many probes may be under way at once. */
  readonly concurrency: number;
  /** After how many milliseconds without a verdict the next candidate is probed as well. */
  readonly patienceMs: number;
}

/**
 * The first live candidate in the order given, whatever order the answers come in.
 *
 * Usually the first is live and nobody else is bothered. While one keeps us waiting,
 * those behind it are probed, so that a candidate that never answers costs its one
 * time limit and no more.
 *
 * @returns the first that is live; else the first that is unresponsive; else undefined.
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
      // Twice as many each time, so that several that hang cost little more than one.
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
