import { hasCode, messageOf } from "../errors.ts";
import { pause, Retry } from "./retry.ts";
import type { Engine } from "./engine/mod.ts";
import type { FleetKeys } from "./keys.ts";
import { type FleetLive, type FleetMeta, type FleetWindow, readLive } from "./values.ts";

/** The data that a host publishes about itself. */
export interface Published {
  readonly desktop: boolean;
  /** Its windows by their ids. */
  readonly windows: ReadonlyMap<string, FleetWindow>;
}

export interface PublisherOptions {
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly host: string;
  readonly version: string;
  /** Returns the data to publish now. */
  describe(): Promise<Published>;
  /**
   * Called once for each new failure, and with undefined when publishing works again.
   *
   * @param isAway Whether the failure is that the engine does not answer.
   */
  onState(failure: string | undefined, isAway: boolean): void;
}

/** Time for which the keys of an ended host stay, in seconds. */
export const LEASE_S = 10;
/** A third of the lease, so that two renewals may be lost. */
const KEEP_ALIVE_MS = 3000;
/** Changes within this time are published together, because users switch windows quickly. */
const GATHER_MS = 250;
/** Interval at which a live host renews the time in its lasting key. */
const META_MS = 10 * 60_000;

/** Publishes a host and its windows under a lease, which ends with the process. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #boot = crypto.randomUUID();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #changed = Promise.withResolvers<void>();
  #lease?: string;
  #isPublished = false;
  #rival?: string;

  /** Starts immediately. */
  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#running = this.#publish();
  }

  /** Call this when the windows have changed. */
  change(): void {
    this.#changed.resolve();
  }

  /** The host's own key `live` has changed: another registry may publish the same host. */
  seeLive(value: FleetLive | undefined): void {
    // Until this registry has written its first key, the key belongs to an earlier one.
    if (!this.#isPublished) return;
    const { boot } = value ?? {};
    this.#rival = boot === undefined || boot === "" || boot === this.#boot ? undefined : boot;
    this.change();
  }

  async #publish(): Promise<void> {
    const { signal } = this.#ending;
    const retry = new Retry(signal);
    let told: string | undefined = "";
    const tell = (failure: string | undefined, isAway = false) => {
      if (failure !== told) this.#options.onState(failure, isAway);
      told = failure;
    };
    while (!signal.aborted) {
      try {
        await this.#underOneLease(signal, () => {
          retry.reset();
          tell(undefined);
        });
      } catch (error) {
        if (!signal.aborted) tell(messageOf(error), hasCode(error, "FLEET_UNAVAILABLE"));
      }
      await retry.wait();
    }
  }

  /** Publishes until the lease is lost or `signal` ends it. */
  async #underOneLease(signal: AbortSignal, onPublished: () => void): Promise<void> {
    const { engine, keys, host } = this.#options;
    await this.#checkRival();
    const lease = this.#lease = await engine.grant(LEASE_S);
    const known = await this.#leftovers();
    let metaAt = 0;
    while (!signal.aborted) {
      this.#changed = Promise.withResolvers();
      if (this.#rival !== undefined) throw new Error(this.#rivalText());
      await this.#putChanges(known, lease);
      if (Date.now() - metaAt > META_MS) {
        metaAt = Date.now();
        await engine.put(keys.meta(host), JSON.stringify(this.#meta()));
      }
      onPublished();
      await Promise.race([pause(KEEP_ALIVE_MS, signal), this.#changed.promise]);
      await pause(GATHER_MS, signal);
      if (!signal.aborted && !await engine.keepAlive(lease)) throw new Error("the lease has ended");
    }
  }

  /** Another registry that publishes this host now has the name until it ends. */
  async #checkRival(): Promise<void> {
    if (this.#rival === undefined) return;
    const { engine, keys, host } = this.#options;
    const value = await engine.get(keys.live(host));
    this.seeLive(value === undefined ? undefined : readLive(value));
    if (this.#rival !== undefined) throw new Error(this.#rivalText());
  }

  #rivalText(): string {
    const { host } = this.#options;
    return `another registry publishes the host ${host}: choose another name with --fleet-host`;
  }

  /** The windows that an earlier registry of this host left, as keys with their values. */
  async #leftovers(): Promise<Map<string, string>> {
    const { engine, keys, host } = this.#options;
    const prefix = keys.window(host, "");
    const { entries } = await engine.range(prefix);
    // They have another lease, so each is written again, or deleted.
    return new Map(entries.map(({ key }) => [key, ""]));
  }

  async #putChanges(known: Map<string, string>, lease: string): Promise<void> {
    const { engine, keys, host, describe } = this.#options;
    const { windows, desktop } = await describe();
    const wanted = new Map<string, string>([[keys.live(host), this.#live(desktop)]]);
    for (const [id, window] of windows) wanted.set(keys.window(host, id), JSON.stringify(window));
    for (const [key, value] of wanted) {
      if (known.get(key) === value) continue;
      await engine.put(key, value, lease);
      known.set(key, value);
      // The host's own key is the first.
      this.#isPublished = true;
    }
    for (const key of [...known.keys()]) {
      if (wanted.has(key)) continue;
      await engine.remove(key);
      known.delete(key);
    }
  }

  #live(desktop: boolean): string {
    return JSON.stringify({ boot: this.#boot, desktop } satisfies FleetLive);
  }

  #meta(): FleetMeta {
    return { version: this.#options.version, lastSeen: Date.now() };
  }

  /** Ends it, and removes the host's keys if the engine answers. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    const { engine, keys, host } = this.#options;
    if (this.#lease === undefined || this.#rival !== undefined) return;
    try {
      await engine.put(keys.meta(host), JSON.stringify(this.#meta()));
      await engine.revoke(this.#lease);
    } catch {
      // The lease ends by itself.
    }
  }
}
