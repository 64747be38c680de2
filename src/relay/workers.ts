import { messageOf, SessionctlError } from "../platform/mod.ts";
import { fingerprintOf } from "./certificate.ts";
import { checkExposure, type ForwardConfig, type RelayConfig } from "./config.ts";
import { type RelayService, serveStatus } from "./service.ts";
import { loadDescriptors } from "./side.ts";
import { credentialsOf } from "./start.ts";
import { type RelayStats, sumStats } from "./stats.ts";
import { makeConnector } from "./targets.ts";
import { claimPort, formatAddress } from "./tls_acceptor.ts";
import type { Credentials } from "./types.ts";
import { WorkerProcess } from "./worker_process.ts";

/** Before a worker that died at once is replaced, in milliseconds; doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that lived longer is replaced without a pause. */
const SETTLED_MS = 10_000;

/** What a worker process is told first. */
export interface WorkerOrder {
  readonly config: RelayConfig;
  /** A throw-away certificate that all workers share. */
  readonly credentials?: Credentials;
}

/**
 * Runs a relay in several processes that share the port; the kernel spreads
 * connections over them. A worker that dies is replaced.
 */
export async function serveWithWorkers(
  config: RelayConfig,
  log: (line: string) => void,
): Promise<RelayService> {
  if (config.direction !== "forward" || Deno.build.os !== "linux") {
    throw new SessionctlError("NOT_SUPPORTED", "--workers needs a TLS listener, and Linux");
  }
  checkExposure(config);
  const credentials = await credentialsOf(config);
  const port = claimPort(config.listen.hostname, config.listen.port);
  const shared = { ...config, listen: { ...config.listen, port } };
  const pool = new WorkerPool(shared, config.files ? undefined : credentials, log);
  await pool.start();
  const connector = await makeConnector(shared, await loadDescriptors());
  const status = serveStatus(config, {
    healthy: () => connector.accepts(),
    stats: () => pool.stats(),
  });
  return {
    address: formatAddress(shared.listen),
    fingerprint: await fingerprintOf(credentials.cert),
    status: status?.address,
    reload: () => pool.reload(),
    drain: async () => {
      const aborted = await pool.drain();
      status?.close();
      return aborted;
    },
    abort: () => pool.abort(),
  };
}

class WorkerPool {
  readonly #config: RelayConfig & ForwardConfig;
  readonly #credentials: Credentials | undefined;
  readonly #log: (line: string) => void;
  readonly #workers: (WorkerProcess | undefined)[];
  /** What workers that are gone have counted. */
  #past: RelayStats = sumStats([]);
  #stopping = false;

  constructor(
    config: RelayConfig & ForwardConfig,
    credentials: Credentials | undefined,
    log: (line: string) => void,
  ) {
    this.#config = config;
    this.#credentials = credentials;
    this.#log = log;
    this.#workers = Array(config.workers).fill(undefined);
  }

  /** Starts every worker; if one cannot, ends the others and throws its reason. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#workers.map((_, index) => this.#spawn(index)));
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  #order(index: number): WorkerOrder {
    const { workers, limits } = this.#config;
    const share = Math.floor(limits.maxConnections / workers) +
      (index < limits.maxConnections % workers ? 1 : 0);
    return {
      config: {
        ...this.#config,
        workers: 1,
        status: undefined,
        limits: { ...limits, maxConnections: share },
      },
      credentials: this.#credentials,
    };
  }

  async #spawn(index: number, pauseMs = FIRST_PAUSE_MS): Promise<void> {
    const started = performance.now();
    const worker = await WorkerProcess.start(this.#order(index));
    if (this.#stopping) return worker.kill();
    this.#workers[index] = worker;
    worker.ended.then((how) => {
      this.#past = sumStats([this.#past, { ...worker.lastStats, open: 0 }]);
      this.#workers[index] = undefined;
      if (this.#stopping) return;
      this.#log(`worker ${worker.pid} ${how}; starting another`);
      const settled = performance.now() - started > SETTLED_MS;
      this.#replace(index, settled ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
    });
  }

  #replace(index: number, pauseMs: number): void {
    setTimeout(() => {
      if (this.#stopping) return;
      this.#spawn(index, pauseMs).catch((error) => {
        this.#log(`cannot start a worker: ${messageOf(error)}`);
        if (!this.#stopping) this.#replace(index, Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
      });
    }, pauseMs);
  }

  #living(): WorkerProcess[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  async stats(): Promise<RelayStats> {
    const living = await Promise.all(this.#living().map((worker) => worker.stats()));
    return sumStats([this.#past, ...living]);
  }

  reload(): void {
    for (const worker of this.#living()) worker.tell("reload");
  }

  async drain(): Promise<number> {
    this.#stopping = true;
    const living = this.#living();
    for (const worker of living) worker.tell("drain");
    await Promise.all(living.map((worker) => worker.ended));
    return living.reduce((total, worker) => total + worker.abortedAtEnd, 0);
  }

  abort(): void {
    this.#stopping = true;
    for (const worker of this.#living()) worker.kill();
  }
}
