import { firstLive } from "../../editor/mod.ts";
import { type Liveness, LivenessMonitor } from "../index/liveness.ts";
import { type Ranked, RankingIndex } from "../index/ranking.ts";
import { WindowFocus } from "../index/window_focus.ts";
import { reportsFocus, toFocusReport, windowIdOf } from "../focus.ts";
import { type Session, toSession } from "../session.ts";
import type { SessionStore } from "../store/store.ts";
import type { Candidate, RegistryEvent, RegistryOptions } from "./types.ts";
import type { Upstreams } from "./upstream.ts";

const CONCURRENCY = 16;
/** Longer than a live editor takes on a busy machine, but much shorter than the time limit. */
const PATIENCE_MS = 30;

/** The registry: it knows the editor windows, and chooses the right one for a path. */
export class Registry {
  readonly #store: SessionStore;
  readonly #upstreams: Upstreams;
  readonly #onPruneFailure: RegistryOptions["onPruneFailure"];
  readonly #monitor: LivenessMonitor;
  readonly #index = new RankingIndex();
  readonly #focus = new WindowFocus(this.#index);
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  /** Registrations on their way to disk, by socket: their number, and the latest session. */
  readonly #adding = new Map<string, { count: number; session: Session }>();

  constructor({ store, upstreams, onPruneFailure, ...liveness }: RegistryOptions) {
    this.#store = store;
    this.#onPruneFailure = onPruneFailure;
    this.#upstreams = upstreams;
    this.#monitor = new LivenessMonitor(liveness);
    this.#focus.load(store.load());
  }

  get size(): number {
    return this.#index.size;
  }

  /** Whether a session is registered or about to be. */
  has(socketPath: string): boolean {
    return this.#index.get(socketPath) !== undefined || this.#adding.has(socketPath);
  }

  /**
   * Calls `listener` at each change, after it is on disk. @returns a function that unsubscribes.
   */
  subscribe(listener: (event: RegistryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #emit(type: RegistryEvent["type"], session: Session, former?: Session): void {
    for (const listener of this.#listeners) listener({ type, session, former });
  }

  /**
   * Registers a session or updates it; fields that the new registration omits stay. Resolves when
   * it is on disk.
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT`, `SOCKET_PATH_INVALID`, `STATE_UNAVAILABLE`.
   */
  async add(entry: unknown): Promise<Session> {
    const session = toSession(entry, Date.now(), (path) => this.#latest(path));
    const { socketPath, focused, focusedAt } = session;
    const report = reportsFocus(entry) ? { focused, focusedAt } : undefined;
    const adding = this.#adding.get(socketPath) ?? { count: 0, session };
    adding.count++;
    adding.session = session;
    this.#adding.set(socketPath, adding);
    try {
      await this.#store.put(session);
    } finally {
      if (--adding.count === 0) this.#adding.delete(socketPath);
    }
    const { former, changed } = this.#focus.add(session, report);
    this.#monitor.forget(socketPath);
    this.#emit("added", session, former);
    this.#focusChanged(changed);
    return session;
  }

  /**
   * Handles a report of the focus (`POST /v1/focus`). It takes effect at once and reaches the disk
   * some seconds later, so that no change of window waits for the disk.
   *
   * @returns whether the window has the focus now; undefined if it is not registered.
   * @throws {SessionctlError} `INVALID_ARGUMENT`.
   */
  reportFocus(report: Record<string, unknown>): boolean | undefined {
    const { socketPath, windowId, ...focus } = toFocusReport(report, Date.now());
    const session = this.#index.get(socketPath);
    if (!session || (windowId !== undefined && windowId !== windowIdOf(session))) return undefined;
    this.#focusChanged(this.#focus.report(session, focus));
    return session.focused ?? false;
  }

  #focusChanged(sessions: readonly Session[]): void {
    for (const session of sessions) {
      this.#store.update(session);
      // The companion's session of the same window reports the same change.
      const isTerminal = session.source === "hook" && windowIdOf(session) !== undefined;
      if (!isTerminal) this.#emit("focused", session);
    }
  }

  #latest(socketPath: string): Session | undefined {
    return this.#adding.get(socketPath)?.session ?? this.#index.get(socketPath);
  }

  /** Removes a session by its editor socket; resolves when that is on disk. */
  async remove(socketPath: string): Promise<Session | undefined> {
    await this.#store.remove(socketPath);
    const session = this.#index.delete(socketPath);
    this.#monitor.forget(socketPath);
    if (!session) return undefined;
    this.#emit("removed", session);
    this.#focusChanged(this.#focus.ended(session));
    return session;
  }

  /** Changes whenever the result of a lookup may change. */
  get version(): number {
    return this.#index.version;
  }

  /**
   * The best session that holds a path, if a probe found it live a moment ago.
   *
   * @returns also `until`, the time until which that counts, as a `performance.now()` value.
   */
  freshMatch(path: string): Ranked & { until: number } | undefined {
    const [best] = this.#index.matching(path);
    const until = best && this.#monitor.liveUntil(best.session.socketPath);
    return until === undefined ? undefined : { ...best!, until };
  }

  /**
   * Finds the best session for a path: first a live one that holds it, then the answer of an
   * upstream, then the first live one, then one that does not answer.
   *
   * @param path Absolute; a trailing `:line[:column]` is not part of it.
   * @param options `local`: do not ask the upstreams, because an upstream is asking.
   */
  async find(path: string, options: { local?: boolean } = {}): Promise<Session | undefined> {
    const fresh = this.freshMatch(path);
    if (fresh) return fresh.session;
    // The second walk meets the sessions of the first again; each may cost its time limit only
    // once.
    const probed = new Map<Session, Promise<Liveness>>();
    const match = await this.#firstLive(this.#index.matching(path), probed);
    if (match?.liveness === "live") return match.value.session;
    if (!options.local && this.#upstreams.size > 0) {
      const upstream = await this.#upstreams.find(path);
      if (upstream) return upstream;
    }
    return (await this.#firstLive(this.#index.candidates(path), probed))?.value.session;
  }

  /** @param probed The probes of this lookup; new ones are added. */
  #firstLive(ranked: Iterable<Ranked>, probed: Map<Session, Promise<Liveness>>) {
    return firstLive(this.#responsiveFirst(ranked), {
      probe: ({ session }) => {
        const probing = probed.get(session) ?? this.#probe(session);
        probed.set(session, probing);
        return probing;
      },
      onDead: ({ session }) => this.#prune(session),
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
      if (liveness === "dead") this.#prune(candidate.session);
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

  async #probe(session: Session): Promise<Liveness> {
    const liveness = await this.#monitor.probe(session.socketPath);
    if (liveness === "live") session.lastSeenAt = Date.now();
    // The session was removed meanwhile: nothing else would discard its verdict.
    if (!this.#index.get(session.socketPath)) this.#monitor.forget(session.socketPath);
    return liveness;
  }

  /**
   * Probes a session anew and removes it if it is dead. @returns undefined if it is not registered.
   */
  async check(socketPath: string): Promise<Liveness | undefined> {
    const session = this.#index.get(socketPath);
    if (!session) return undefined;
    this.#monitor.forget(socketPath);
    const liveness = await this.#probe(session);
    if (liveness === "dead") await this.#prune(session);
    return liveness;
  }

  /** All sessions in order, with their liveness; `probe` probes each of them now. */
  async list(
    options: { probe?: boolean } = {},
  ): Promise<{ session: Session; liveness: Liveness | "unknown" }[]> {
    return await mapBounded(this.#index.sessions(), CONCURRENCY, async (session) => ({
      session,
      liveness: options.probe
        ? await this.#probe(session)
        : this.#monitor.last(session.socketPath) ?? "unknown",
    }));
  }

  /** The sessions as they are now, without probing. */
  snapshot(): Session[] {
    return [...this.#index.sessions()];
  }

  /**
   * Probes every session and removes the dead ones.
   *
   * @param options `dryRun`: return the dead sessions without removing them.
   */
  async prune(options: { dryRun?: boolean } = {}): Promise<Session[]> {
    const found = await this.list({ probe: true });
    const dead = found.filter(({ liveness }) => liveness === "dead").map(({ session }) => session);
    if (!options.dryRun) await Promise.all(dead.map((session) => this.#prune(session)));
    return dead;
  }

  /** Removes a session that was found dead, unless it was registered anew meanwhile. */
  async #prune(session: Session): Promise<void> {
    const { socketPath } = session;
    if (this.#index.get(socketPath) !== session || this.#adding.has(socketPath)) return;
    this.#index.delete(socketPath);
    this.#monitor.forget(socketPath);
    this.#emit("pruned", session);
    this.#focusChanged(this.#focus.ended(session));
    try {
      await this.#store.remove(socketPath);
    } catch (error) {
      this.#onPruneFailure(error);
    }
  }

  /** Whether any session was live at its last probe, or has not been probed yet. */
  get hasLiveSessions(): boolean {
    for (const { socketPath } of this.#index.sessions()) {
      const last = this.#monitor.last(socketPath);
      if (last !== "dead" && last !== "no-editor") return true;
    }
    return false;
  }
}

/** Runs `task` for every element, at most `concurrency` at once; results keep the order. */
async function mapBounded<T, R>(
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
