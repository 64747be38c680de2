import { firstLive } from "../../editor/mod.ts";
import type { Liveness, LivenessMonitor } from "../index/liveness.ts";
import type { Ranked, RankingIndex } from "../index/ranking.ts";
import type { Session } from "../session.ts";
import type { Candidate } from "./types.ts";
import type { Upstreams } from "./upstream.ts";

/** Maximum number of concurrent probes. */
export const CONCURRENCY = 16;
/** Longer than a live editor takes on a busy machine, but much shorter than the time limit. */
const PATIENCE_MS = 30;

export interface FinderOptions {
  readonly index: RankingIndex;
  readonly monitor: LivenessMonitor;
  readonly upstreams: Upstreams;
  probe(session: Session): Promise<Liveness>;
  /** Called with each session that a probe found dead. */
  onDead(session: Session): void;
}

/** The session that was chosen for a path. */
export interface Found extends Ranked {
  /**
   * If the session holds the path: time until which it counts as live without another probe, as a
   * `performance.now()` value.
   */
  readonly liveUntil?: number;
}

/** Chooses the sessions for a path among those of the index, and probes them. */
export class Finder {
  readonly #index: RankingIndex;
  readonly #monitor: LivenessMonitor;
  readonly #upstreams: Upstreams;
  readonly #probe: FinderOptions["probe"];
  readonly #onDead: FinderOptions["onDead"];

  constructor({ index, monitor, upstreams, probe, onDead }: FinderOptions) {
    this.#index = index;
    this.#monitor = monitor;
    this.#upstreams = upstreams;
    this.#probe = probe;
    this.#onDead = onDead;
  }

  /**
   * Finds the best session for a path: first a live one that holds it, then the answer of an
   * upstream, then the first live one, then one that does not answer.
   *
   * @param path Absolute; a trailing `:line[:column]` is not part of it.
   * @param options `local`: do not ask the upstreams, because an upstream is asking.
   */
  async find(path: string, options: { local?: boolean } = {}): Promise<Found | undefined> {
    // The second walk meets the sessions of the first again; each may cost its time limit only
    // once.
    const probed = new Map<Session, Promise<Liveness>>();
    const match = await this.#firstLive(this.#index.matching(path), probed);
    if (match?.liveness === "live") {
      const { session, folder } = match.value;
      return { session, folder, liveUntil: this.#monitor.liveUntil(session.socketPath) };
    }
    if (!options.local && this.#upstreams.size > 0) {
      const upstream = await this.#upstreams.find(path);
      if (upstream) return { session: upstream, folder: null };
    }
    return (await this.#firstLive(this.#index.candidates(path), probed))?.value;
  }

  /** @param probed The probes of this lookup; new ones are added. */
  #firstLive(ranked: Iterable<Ranked>, probed: Map<Session, Promise<Liveness>>) {
    return firstLive(this.#responsiveFirst(ranked), {
      probe: ({ session }) => {
        const probing = probed.get(session) ?? this.#probe(session);
        probed.set(session, probing);
        return probing;
      },
      onDead: ({ session }) => this.#onDead(session),
      concurrency: CONCURRENCY,
      patienceMs: PATIENCE_MS,
    });
  }

  /** Yields sessions that did not answer the last time after all others. */
  *#responsiveFirst(ranked: Iterable<Ranked>): IterableIterator<Ranked> {
    const deferred: Ranked[] = [];
    for (const candidate of ranked) {
      const last = this.#monitor.last(candidate.session.socketPath);
      if (last === "unresponsive") deferred.push(candidate);
      else yield candidate;
    }
    yield* deferred;
  }

  /**
   * Returns the sessions for a path, best first, without dead ones and with unresponsive ones last.
   *
   * @param limit Maximum number of sessions that do not hold the path.
   */
  async candidates(
    path: string,
    { limit = 32, local = false }: { limit?: number; local?: boolean } = {},
  ): Promise<Candidate[]> {
    const ranked = [...this.#index.candidates(path, limit)];
    const verdicts = await mapBounded(ranked, CONCURRENCY, ({ session }) => this.#verdict(session));
    const found: Candidate[] = [];
    for (const [index, candidate] of ranked.entries()) {
      const liveness = verdicts[index]!;
      if (liveness === "dead") this.#onDead(candidate.session);
      if (liveness === "live" || liveness === "unresponsive") {
        found.push({ ...candidate, liveness });
      }
    }
    const hasMatch = found.some(({ folder, liveness }) => folder !== null && liveness === "live");
    const upstream = hasMatch || local ? undefined : await this.#upstreams.find(path);
    if (upstream) found.unshift({ session: upstream, folder: null, liveness: "live" });
    const live = found.filter(({ liveness }) => liveness === "live");
    return [...live, ...found.filter(({ liveness }) => liveness !== "live")];
  }

  /**
   * The verdict on a session. An editor that is known not to answer is probed in the background, so
   * that the caller does not wait for it.
   */
  #verdict(session: Session): Promise<Liveness> {
    const probing = this.#probe(session);
    return this.#monitor.last(session.socketPath) === "unresponsive"
      ? Promise.resolve("unresponsive")
      : probing;
  }
}

/** Runs `task` for every element, at most `concurrency` at once; results keep the order. */
export async function mapBounded<T, R>(
  elements: Iterable<T>,
  concurrency: number,
  task: (element: T) => Promise<R>,
): Promise<R[]> {
  const source = [...elements].entries();
  const results: R[] = [];
  const worker = async () => {
    for (const [index, element] of source) results[index] = await task(element);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}
