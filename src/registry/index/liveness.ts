import { setImmediate } from "node:timers";
import { type EditorLiveness, probeEditor } from "../../editor/mod.ts";
import type { PeerSource } from "../../platform/mod.ts";

/**
 * The result of a probe; see `probeEditor`. Dead sessions are pruned, unresponsive ones ranked
 * last.
 */
export type Liveness = EditorLiveness;

export interface LivenessOptions {
  /** How long an editor may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Further user ids whose sockets may be used. */
  readonly allowOwners: readonly number[];
  /** Tells the owner of an editor's process, if it is loaded; see `connectOwned`. */
  readonly kernel?: PeerSource;
}

interface Verdict {
  readonly liveness: Liveness;
  /** Time of the probe, as a `performance.now()` value. */
  readonly at: number;
}

/** How long a verdict counts without another probe, in milliseconds. */
const FRESH_MS = 20;
/**
 * After this many probes, the event loop gets a turn: probes of dead sessions never wait for I/O.
 */
const PROBES_A_TURN = 64;

/**
 * Probes sessions for the registry. Lookups that arrive together, or within 20 ms of each other,
 * share one probe: a client takes longer than that to start and use the answer.
 */
export class LivenessMonitor {
  readonly #options: LivenessOptions;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #probing = new Map<string, Promise<Liveness>>();
  #probes = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** The last verdict, if it is fresh. */
  fresh(socketPath: string): Liveness | undefined {
    const verdict = this.#verdicts.get(socketPath);
    return verdict && performance.now() - verdict.at < FRESH_MS ? verdict.liveness : undefined;
  }

  /**
   * Time until which the session counts as live without a probe, as a `performance.now()` value;
   * undefined if it does not count as live.
   */
  liveUntil(socketPath: string): number | undefined {
    return this.fresh(socketPath) === "live"
      ? this.#verdicts.get(socketPath)!.at + FRESH_MS
      : undefined;
  }

  /** The last verdict, however old; undefined if the session was never probed. */
  last(socketPath: string): Liveness | undefined {
    return this.#verdicts.get(socketPath)?.liveness;
  }

  probe(socketPath: string): Promise<Liveness> {
    const fresh = this.fresh(socketPath);
    if (fresh !== undefined) return Promise.resolve(fresh);
    const underWay = this.#probing.get(socketPath);
    if (underWay) return underWay;
    const probing: Promise<Liveness> = this.#ask(socketPath).then((liveness) => {
      // If `forget` was called meanwhile, this verdict is about the previous session.
      if (this.#probing.get(socketPath) === probing) {
        this.#probing.delete(socketPath);
        this.#verdicts.set(socketPath, { liveness, at: performance.now() });
      }
      return liveness;
    });
    this.#probing.set(socketPath, probing);
    return probing;
  }

  async #ask(socketPath: string): Promise<Liveness> {
    if (++this.#probes % PROBES_A_TURN === 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return await probeEditor(socketPath, this.#options);
  }

  /**
   * Discards the verdict and any probe under way, because the session was removed or registered
   * anew.
   */
  forget(socketPath: string): void {
    this.#verdicts.delete(socketPath);
    this.#probing.delete(socketPath);
  }
}
