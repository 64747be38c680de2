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

/** Time limit for a worker's answer with its counts, in milliseconds. */
const STATS_MS = 1000;
/** Time limit for a worker's reload, in milliseconds. */
const RELOAD_MS = 5000;
/** Additional time for a worker to end after its own shutdown time limit, in milliseconds. */
const END_MS = 5000;
/** A dead worker is replaced soon, because connections wait in its share of the port. */
const BACKOFF = { firstMs: 100, longestMs: 10_000, settledMs: 10_000 };

/** A worker's slot in the relay: one process, replaced when it dies. */
export class WorkerProcess {
  /** Resolves when the first process listens; rejects with the error that prevented it. */
  readonly ready: Promise<void>;
  /** Number of connections that it aborted at shutdown. */
  abortedAtEnd = 0;
  readonly #supervised: Supervised;
  readonly #log: (line: string) => void;
  #service: WorkerService | undefined;
  /** The counts of earlier processes. */
  #past = emptyStats();
  /** The last known counts of the current process. */
  #last = emptyStats();
  #stopping = false;
  #wasReady = false;

  /** @param order Makes the order for each process. */
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

  /** Its recent activity; empty while it does not answer. */
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

  /** The counts of this and earlier processes: current ones, or those of its last answer. */
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

  /** Makes it reload its files. @returns once it has, or at the time limit if it hangs. */
  async reload(): Promise<void> {
    const service = this.#service as
      | WorkerService & { reload(signal: AbortSignal): Promise<void> }
      | undefined;
    // A worker that has ended reads the files at its next start.
    await service?.reload(AbortSignal.timeout(RELOAD_MS)).catch(() => {});
  }

  /** Ends it after its open connections, or at their time limit. */
  async drain(): Promise<void> {
    this.#stopping = true;
    await this.#supervised.stop(() => void this.#service?.drain().catch(() => {}));
  }

  kill(): void {
    this.#stopping = true;
    this.#supervised.kill();
  }
}
