import type { ChannelPeer } from "../../ipc/mod.ts";
import {
  describeExit,
  supervise,
  type Supervised,
  type SuperviseEvent,
} from "../../supervisor/mod.ts";
import { emptyActivity, type RelayActivity } from "../log/activity.ts";
import { emptyStats, type RelayStats, sumStats } from "../status/stats.ts";
import {
  type WorkerOrder,
  workerParentService,
  type WorkerService,
  workerService,
} from "./protocol.ts";

/** How long a worker may take to answer with its counts, in milliseconds. */
const STATS_MS = 1000;
/** How long a worker may take to read its files again, in milliseconds. */
const RELOAD_MS = 5000;
/** Beyond its own limit for open connections, a worker gets so long to end, in milliseconds. */
const END_MS = 5000;
/** A worker that dies is replaced soon: connections wait for it in its share of the port. */
const BACKOFF = { firstMs: 100, longestMs: 10_000, settledMs: 10_000 };

/** A worker's place in the relay: one process, and another when that dies. */
export class WorkerProcess {
  /** Resolves when the first process listens; rejects with what kept it from that. */
  readonly ready: Promise<void>;
  /** How many connections it aborted when it was told to end. */
  abortedAtEnd = 0;
  readonly #supervised: Supervised;
  readonly #log: (line: string) => void;
  #service: WorkerService | undefined;
  /** What processes that are gone have counted. */
  #past = emptyStats();
  /** What the present one has counted when it was last asked. */
  #last = emptyStats();
  #stopping = false;
  #wasReady = false;

  /** @param order What each process is told, asked for anew. */
  constructor(
    order: () => WorkerOrder,
    shutdownMs: number | undefined,
    log: (line: string) => void,
  ) {
    this.#log = log;
    this.#supervised = supervise({
      self: ["relay", "worker"],
      handshake: () => order(),
      onPeer: (peer) => this.#meet(peer),
    }, {
      restart: "always",
      backoff: BACKOFF,
      giveUpAfter: Infinity,
      stopTimeoutMs: (shutdownMs ?? Infinity) + END_MS,
      onEvent: (event) => this.#hear(event),
    });
    this.ready = this.#supervised.ready.then(() => void (this.#wasReady = true));
  }

  #meet(peer: ChannelPeer): void {
    this.#service = workerService.client(peer);
    workerParentService.serve(peer, {
      drained: (stats, aborted) => {
        this.#last = stats;
        this.abortedAtEnd = aborted;
        return Promise.resolve();
      },
    });
  }

  #hear(event: SuperviseEvent): void {
    if (event.type !== "exited") return;
    this.#service = undefined;
    this.#past = sumStats([this.#past, { ...this.#last, open: 0 }]);
    this.#last = emptyStats();
    if (this.#stopping || !this.#wasReady) return;
    const { pid, exit } = event;
    this.#log(
      `worker${pid === undefined ? "" : ` ${pid}`} ${describeExit(exit)}; starting a new one`,
    );
  }

  /** What it did lately; nothing while it does not answer. */
  async activity(): Promise<RelayActivity> {
    const service = this.#service as
      | WorkerService & { activity(signal: AbortSignal): Promise<RelayActivity> }
      | undefined;
    try {
      return await service?.activity(AbortSignal.timeout(STATS_MS)) ?? emptyActivity();
    } catch {
      return emptyActivity();
    }
  }

  /** What this and those before it have counted: now, or when it last answered. */
  async stats(): Promise<RelayStats> {
    const service = this.#service as
      | WorkerService & { stats(signal: AbortSignal): Promise<RelayStats> }
      | undefined;
    try {
      const answer = await service?.stats(AbortSignal.timeout(STATS_MS));
      if (answer && service === this.#service) this.#last = answer;
    } catch { /* It is busy, or has ended: what it last answered has to do. */ }
    return sumStats([this.#past, this.#last]);
  }

  /** Makes it read the files again. @returns when it has; a worker that hangs is not waited for. */
  async reload(): Promise<void> {
    const service = this.#service as
      | WorkerService & { reload(signal: AbortSignal): Promise<void> }
      | undefined;
    // A worker that has ended reads the files when it is started again.
    await service?.reload(AbortSignal.timeout(RELOAD_MS)).catch(() => {});
  }

  /** Ends it when its open connections have ended, or at their limit. */
  async drain(): Promise<void> {
    this.#stopping = true;
    await this.#supervised.stop(() => void this.#service?.drain().catch(() => {}));
  }

  kill(): void {
    this.#stopping = true;
    this.#supervised.kill();
  }
}
