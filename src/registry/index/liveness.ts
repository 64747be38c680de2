import { setImmediate } from "node:timers";
import { type EditorLiveness, probeEditor } from "../../editor/mod.ts";

/** What a probe found; see `probeEditor`. The dead are pruned, the unresponsive ranked last. */
export type Liveness = EditorLiveness;

export interface LivenessOptions {
  /** How long an editor may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Further user ids whose sockets may be used. */
  readonly allowOwners: readonly number[];
}

interface Verdict {
  readonly liveness: Liveness;
  /** When it was found, a `performance.now()`. */
  readonly at: number;
}

/** For how long a verdict is taken without looking again, in milliseconds. */
const FRESH_MS = 20;
/** After so many probes others get their turn: those of dead sessions never wait for anything. */
const PROBES_A_TURN = 64;

/**
 * Probes sessions for the registry. Lookups that come at the same time, or within
 * 20 ms, share one probe: less than it takes a client to start and use the answer.
 */
export class LivenessMonitor {
  readonly #options: LivenessOptions;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #probing = new Map<string, Promise<Liveness>>();
  #probes = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** The verdict of a moment ago, if there is one. */
  fresh(socketPath: string): Liveness | undefined {
    const verdict = this.#verdicts.get(socketPath);
    return verdict && performance.now() - verdict.at < FRESH_MS ? verdict.liveness : undefined;
  }

  /** Until when a session counts as live without a probe, a `performance.now()`; undefined if it does not. */
  liveUntil(socketPath: string): number | undefined {
    return this.fresh(socketPath) === "live"
      ? this.#verdicts.get(socketPath)!.at + FRESH_MS
      : undefined;
  }

  /** What was found last, however long ago. */
  last(socketPath: string): Liveness | undefined {
    return this.#verdicts.get(socketPath)?.liveness;
  }

  probe(socketPath: string): Promise<Liveness> {
    const fresh = this.fresh(socketPath);
    if (fresh !== undefined) return Promise.resolve(fresh);
    const underWay = this.#probing.get(socketPath);
    if (underWay) return underWay;
    const probing: Promise<Liveness> = this.#ask(socketPath).then((liveness) => {
      // Else it was forgotten meanwhile: the verdict is on what was there before.
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

  /** The session is gone, or registered anew: neither a verdict nor a probe under way counts. */
  forget(socketPath: string): void {
    this.#verdicts.delete(socketPath);
    this.#probing.delete(socketPath);
  }
}
