import { requestUnix } from "../platform/http/mod.ts";
import { SessionctlError, socketOwnership } from "../platform/mod.ts";

/**
 * What a probe found. `live`: answers. `dead`: nobody listens; to be pruned.
 * `unresponsive`: accepts or queues connections but does not answer; kept, ranked last.
 * `forbidden`: another user's; never used, never deleted.
 */
export type Liveness = "live" | "dead" | "unresponsive" | "forbidden";

export interface LivenessOptions {
  /** How long an editor may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Further user ids whose sockets may be used. */
  readonly allowOwners: readonly number[];
}

/** A message type no editor knows: it answers 404 and does nothing. */
const PROBE = { type: "sessionctl.probe" };

/**
 * Asks an editor socket whether anybody is there: connects, and sends a request that
 * every VS Code answers without effect. A connect alone would not notice an editor
 * that hangs, because the kernel accepts for it.
 *
 * Source: microsoft/vscode `extHostCLIServer.ts` (an unknown `type` gets 404).
 *
 * @example
 * ```ts
 * await probeSocket(path, { timeoutMs: 300, allowOwners: [] }); // "live"
 * ```
 */
export async function probeSocket(path: string, options: LivenessOptions): Promise<Liveness> {
  const owned = ownership(path, options);
  if (owned !== undefined) return owned;
  try {
    await requestUnix(path, {
      method: "POST",
      target: "/",
      json: PROBE,
      timeoutMs: options.timeoutMs,
    });
    return "live";
  } catch (error) {
    return verdictOf(error);
  }
}

/** The verdict where the file itself tells; undefined when it takes a connect. */
function ownership(path: string, { allowOwners }: LivenessOptions): Liveness | undefined {
  switch (socketOwnership(path, allowOwners)) {
    case "foreign":
      return "forbidden";
    case "missing":
    case "not-a-socket":
      return "dead";
    case "ours":
      return undefined;
  }
}

function verdictOf(error: unknown): Liveness {
  if (!(error instanceof SessionctlError)) throw error;
  switch (error.code) {
    case "SOCKET_MISSING":
    case "CONNECTION_REFUSED":
      return "dead";
    case "ACCESS_DENIED":
      return "forbidden";
    default:
      // A full backlog, no answer in time, or an answer no editor gives.
      return "unresponsive";
  }
}

interface Verdict {
  readonly liveness: Liveness;
  /** When it was found, a `performance.now()`. */
  readonly at: number;
}

/** For how long a verdict is taken without looking again, in milliseconds. */
const FRESH_MS = 20;

/**
 * Probes sessions for the registry. Lookups that come at the same time, or within
 * 20 ms, share one probe: less than it takes a client to start and use the answer.
 */
export class LivenessMonitor {
  readonly #options: LivenessOptions;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #probing = new Map<string, Promise<Liveness>>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** The verdict of a moment ago, if there is one. */
  fresh(socketPath: string): Liveness | undefined {
    const verdict = this.#verdicts.get(socketPath);
    return verdict && performance.now() - verdict.at < FRESH_MS ? verdict.liveness : undefined;
  }

  /** What was found last, however long ago. */
  last(socketPath: string): Liveness | undefined {
    return this.#verdicts.get(socketPath)?.liveness;
  }

  probe(socketPath: string): Promise<Liveness> {
    const fresh = this.fresh(socketPath);
    if (fresh !== undefined) return Promise.resolve(fresh);
    let probing = this.#probing.get(socketPath);
    if (!probing) {
      probing = this.#probeNow(socketPath).finally(() => this.#probing.delete(socketPath));
      this.#probing.set(socketPath, probing);
    }
    return probing;
  }

  async #probeNow(socketPath: string): Promise<Liveness> {
    const liveness = await probeSocket(socketPath, this.#options);
    this.#verdicts.set(socketPath, { liveness, at: performance.now() });
    return liveness;
  }

  forget(socketPath: string): void {
    this.#verdicts.delete(socketPath);
  }
}
