import { type Liveness, LivenessMonitor } from "../index/liveness.ts";
import { RankingIndex } from "../index/ranking.ts";
import { WindowFocus } from "../index/window_focus.ts";
import { reportsFocus, toFocusReport, windowIdOf } from "../focus.ts";
import { type Session, toSession } from "../session.ts";
import type { SessionStore } from "../store/store.ts";
import { CONCURRENCY, Finder, type Found, mapBounded } from "./finder.ts";
import type { Candidate, RegistryEvent, RegistryOptions } from "./types.ts";

/** The registry: it knows the editor windows, and chooses the right one for a path. */
export class Registry {
  readonly #store: SessionStore;
  readonly #onPruneFailure: RegistryOptions["onPruneFailure"];
  readonly #monitor: LivenessMonitor;
  readonly #index = new RankingIndex();
  readonly #focus = new WindowFocus(this.#index);
  readonly #finder: Finder;
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  /** Registrations on their way to disk, by socket: their number, and the latest session. */
  readonly #adding = new Map<string, { count: number; session: Session }>();

  constructor({ store, upstreams, onPruneFailure, ...liveness }: RegistryOptions) {
    this.#store = store;
    this.#onPruneFailure = onPruneFailure;
    this.#monitor = new LivenessMonitor(liveness);
    this.#finder = new Finder({
      index: this.#index,
      monitor: this.#monitor,
      upstreams,
      probe: (session) => this.#probe(session),
      onDead: (session) => this.#prune(session),
    });
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

  /** The session of {@link lookUp}. */
  async find(path: string): Promise<Session | undefined> {
    return (await this.lookUp(path))?.session;
  }

  /** As {@link Finder.find}. */
  lookUp(path: string, options?: { local?: boolean }): Promise<Found | undefined> {
    return this.#finder.find(path, options);
  }

  /** As {@link Finder.candidates}. */
  candidates(path: string, options?: { limit?: number; local?: boolean }): Promise<Candidate[]> {
    return this.#finder.candidates(path, options);
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
