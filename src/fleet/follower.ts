import { hasCode, messageOf } from "../errors.ts";
import type { Directory } from "./directory.ts";
import type { Engine } from "./engine/mod.ts";
import type { FleetKeys } from "./keys.ts";
import { pause, Retry } from "./retry.ts";

/** The state of a member's connection to the engine. */
export interface EngineState {
  /** Time since which this is the state, in milliseconds since the epoch. */
  readonly since: number;
  /** The reason why the engine does not answer; undefined while it does. */
  readonly failure?: string;
}

/** The snapshot of a large fleet may take longer than other requests, in milliseconds. */
const SNAPSHOT_MS = 20_000;

/** The keys of one host in one area, and the length of their values, in characters. */
const MAX_KEYS_OF_HOST = 4000;
const MAX_LENGTH_OF_HOST = 4 * 1024 * 1024;

/** Length of the keys and values taken in one turn of the event loop, in characters. */
const MAX_LENGTH_OF_TURN = 512 * 1024;

function isFull({ count, length }: { readonly count: number; readonly length: number }): boolean {
  return count > MAX_KEYS_OF_HOST || length > MAX_LENGTH_OF_HOST;
}

/** Keeps a directory up to date: a snapshot, then each change; again whenever that ends. */
export class Follower {
  readonly #engine: Engine;
  readonly #directory: Directory;
  readonly #keys: FleetKeys;
  readonly #ending = new AbortController();
  #passEnding = new AbortController();
  readonly #running: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  /** Length of what was taken since the event loop turned. */
  #inTurn = 0;
  #state: EngineState = { since: Date.now(), failure: "not yet connected" };

  /** @param onState Called each time the engine disappears or comes back. */
  constructor(
    engine: Engine,
    keys: FleetKeys,
    directory: Directory,
    onState: (state: EngineState) => void,
  ) {
    this.#engine = engine;
    this.#directory = directory;
    this.#keys = keys;
    this.#running = this.#follow(onState);
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Resolves when the first snapshot is complete, or could not be read. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /**
   * Begins anew with a snapshot. A connection that broke unnoticed, or a node that hung, leaves a
   * watch that is silent for ever.
   */
  restart(): void {
    this.#passEnding.abort();
  }

  async #follow(onState: (state: EngineState) => void): Promise<void> {
    const { signal } = this.#ending;
    const retry = new Retry(signal);
    let told: string | undefined = "";
    while (!signal.aborted) {
      try {
        this.#passEnding = new AbortController();
        const passSignal = AbortSignal.any([signal, this.#passEnding.signal]);
        for await (const _ of this.#pass(passSignal)) {
          retry.reset();
          if (this.#state.failure !== undefined) this.#state = { since: Date.now() };
          this.#first.resolve();
          if (told !== undefined) onState(this.#state);
          told = undefined;
        }
      } catch (error) {
        if (signal.aborted) break;
        // Changes were compacted away, or the node was cut off; a new snapshot contains them all.
        if (!hasCode(error, "EVENTS_LOST", "REMOTE_ERROR") || retry.hasFailed) {
          this.#fail(messageOf(error));
          if (told !== this.#state.failure) onState(this.#state);
          told = this.#state.failure;
          this.#first.resolve();
        }
      }
      await retry.wait();
    }
  }

  /** One snapshot and the changes after it; yields each time the directory is up to date. */
  async *#pass(signal: AbortSignal): AsyncGenerator<void> {
    const revision = await this.#takeSnapshot(signal);
    if (revision === undefined) return;
    yield;
    for await (const { changes } of this.#engine.watch(this.#keys.prefix, revision + 1, signal)) {
      for (const change of changes) {
        this.#directory.apply(change);
        if (this.#isTurnFull(change)) await pause(0, signal);
      }
      yield;
    }
  }

  /**
   * Takes all keys, without those of hosts that have too many.
   *
   * @returns their revision; undefined if the signal ended it.
   */
  async #takeSnapshot(signal: AbortSignal): Promise<number | undefined> {
    const snapshot = this.#directory.beginSnapshot();
    let revision = 0;
    let area = { prefix: "", count: 0, length: 0 };
    let skipTo: string | undefined;
    const pages = this.#engine.pages(this.#keys.prefix, SNAPSHOT_MS);
    for (;;) {
      const { value: page, done } = await pages.next(skipTo);
      if (signal.aborted) return undefined;
      if (done) break;
      ({ revision } = page);
      for (const entry of page.entries) {
        const prefix = this.#keys.areaOf(entry.key);
        if (prefix !== area.prefix) area = { prefix, count: 0, length: 0 };
        area.count++;
        area.length += entry.value.length;
        if (isFull(area)) continue;
        snapshot.take(entry);
        if (this.#isTurnFull(entry)) await pause(0, signal);
      }
      skipTo = isFull(area) ? `${area.prefix.slice(0, -1)}0` : undefined;
    }
    snapshot.complete();
    return revision;
  }

  /** Counts a key that was taken. @returns whether the event loop must turn before the next one. */
  #isTurnFull({ key, value = "" }: { readonly key: string; readonly value?: string }): boolean {
    this.#inTurn += key.length + value.length;
    if (this.#inTurn < MAX_LENGTH_OF_TURN) return false;
    this.#inTurn = 0;
    return true;
  }

  #fail(failure: string): void {
    const since = this.#state.failure === undefined ? Date.now() : this.#state.since;
    this.#state = { since, failure };
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#first.resolve();
    await this.#running;
  }
}
