import type { Directory } from "./directory.ts";
import type { FleetHost } from "./host_table.ts";
import { pause } from "./retry.ts";

/** The hosts that changed since a state known to a client. */
export interface ChangedHosts {
  /** The id of the present state, by which the client asks for later changes. */
  readonly state: string;
  /** Whether `hosts` contains all hosts. */
  readonly complete: boolean;
  readonly hosts: readonly FleetHost[];
  /** The names of hosts that are no longer known; empty if `complete`. */
  readonly gone: readonly string[];
}

/** Number of remembered names of removed hosts; a client that is further behind gets all hosts. */
const MAX_GONE = 10_000;
/** Maximum time after which a question is answered, in milliseconds. */
const MAX_WAIT_MS = 20_000;
/** Changes within this time are reported together, in milliseconds. */
const GATHER_MS = 50;
/** Maximum number of waiting clients. */
const MAX_WAITING = 64;

/** Reports which hosts of a directory have changed, with a number for each change. */
export class Changes {
  readonly #directory: Directory;
  readonly #boot = crypto.randomUUID();
  readonly #ending = new AbortController();
  /** The number of each host's last change. */
  readonly #changedAt = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #count = 0;
  /** The number of the latest change that was forgotten. */
  #forgotten = 0;
  #gone = 0;
  #waiting = 0;
  #changed = Promise.withResolvers<void>();

  constructor(directory: Directory) {
    this.#directory = directory;
    this.#unsubscribe = directory.onHost(({ name }) => {
      const count = ++this.#count;
      this.#changedAt.delete(name);
      this.#changedAt.set(name, count);
      if (directory.host(name) === undefined && ++this.#gone > MAX_GONE) this.#forgetGone();
      this.tell();
    });
  }

  /** Wakes the clients: a host has changed, or the engine has disappeared or come back. */
  tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  /**
   * Returns the hosts that changed since `state` as soon as there are any, at the latest after `ms`
   * milliseconds.
   *
   * @param state The state of an earlier answer; anything else requests all hosts immediately.
   */
  async since(state: string | null, ms: number): Promise<ChangedHosts> {
    const [boot, text = ""] = (state ?? "").split("/");
    const known = Number(text);
    const isKnown = boot === this.#boot && /^[0-9]{1,15}$/.test(text) && known >= this.#forgotten;
    if (isKnown && known >= this.#count) await this.#wait(ms);
    return this.#answer(isKnown && known >= this.#forgotten ? known : undefined);
  }

  async #wait(ms: number): Promise<void> {
    if (!(ms > 0) || this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    const answered = new AbortController();
    const signal = AbortSignal.any([this.#ending.signal, answered.signal]);
    try {
      await Promise.race([this.#changed.promise, pause(Math.min(ms, MAX_WAIT_MS), signal)]);
      await pause(GATHER_MS, this.#ending.signal);
    } finally {
      answered.abort();
      this.#waiting--;
    }
  }

  #answer(known: number | undefined): ChangedHosts {
    const state = `${this.#boot}/${this.#count}`;
    if (known === undefined) {
      return { state, complete: true, hosts: [...this.#directory.hosts()], gone: [] };
    }
    const hosts: FleetHost[] = [];
    const gone: string[] = [];
    for (const [name, at] of this.#changedAt) {
      if (at <= known) continue;
      const host = this.#directory.host(name);
      if (host === undefined) gone.push(name);
      else hosts.push(host);
    }
    return { state, complete: false, hosts, gone };
  }

  #forgetGone(): void {
    for (const [name, at] of [...this.#changedAt]) {
      if (this.#directory.host(name) !== undefined) continue;
      this.#changedAt.delete(name);
      this.#forgotten = Math.max(this.#forgotten, at);
    }
    this.#gone = 0;
  }

  /** Answers all waiting clients. */
  close(): void {
    this.#ending.abort();
    this.#unsubscribe();
  }
}
