import { SessionctlError } from "../../errors.ts";
import { emptyActivity, mergeActivities, type RelayActivity } from "../log/activity.ts";
import { describeCertificate } from "../credentials/certificate.ts";
import { checkExposure, type ForwardConfig, type RelayConfig } from "../config.ts";
import { MaterialWatch, readMaterial } from "../credentials/material.ts";
import type { Material } from "../types.ts";
import type { RelayService } from "../types.ts";
import { serveStatus } from "../status/status_source.ts";
import { loadDescriptors } from "../data/side.ts";
import { type RelayStats, sumStats } from "../status/stats.ts";
import { makeConnector } from "../connect/targets.ts";
import { claimPort, formatAddress } from "../listen/tls_acceptor.ts";
import { WorkerProcess } from "./process.ts";
import type { WorkerOrder } from "./protocol.ts";

/**
 * Runs a relay in several processes that share the port; the kernel distributes connections among
 * them. A worker that dies is replaced.
 */
export async function serveWithWorkers(
  config: RelayConfig,
  version: string,
  log: (line: string) => void,
): Promise<RelayService> {
  if (config.direction !== "forward" || Deno.build.os !== "linux") {
    throw new SessionctlError("NOT_SUPPORTED", "--workers needs a TLS listener and Linux");
  }
  checkExposure(config);
  // The workers read the files too and report problems.
  const quiet = () => {};
  const material = await readMaterial(config, quiet);
  const port = claimPort(config.listen.hostname, config.listen.port);
  const shared = { ...config, listen: { ...config.listen, port } };
  const pool = new WorkerPool(shared, material, log);
  await pool.start();
  const onChange = (fresh: Material) => pool.material = { ...pool.material, ...fresh };
  const watch = new MaterialWatch(config, material, onChange, quiet);
  const connector = await makeConnector(shared, await loadDescriptors());
  const status = await serveStatus(config, {
    version,
    address: formatAddress(shared.listen),
    watch,
    healthy: (check) => connector.accepts(check),
    stats: () => pool.stats(),
    activity: async () => {
      const own = { ...emptyActivity(), targets: connector.targets() };
      return mergeActivities([own, ...await pool.activities()]);
    },
  }).catch((error) => {
    watch.close();
    pool.abort();
    throw error;
  });
  return {
    address: formatAddress(shared.listen),
    fingerprint: (await describeCertificate(material.credentials!.cert)).fingerprint,
    status: status?.address,
    reload: async () => {
      await Promise.all([watch.reload(), pool.reload()]);
    },
    drain: async () => {
      watch.close();
      const aborted = await pool.drain();
      status?.close();
      return aborted;
    },
    abort: () => pool.abort(),
  };
}

class WorkerPool {
  readonly #config: RelayConfig & ForwardConfig;
  /** The material for a new worker while the files are broken. */
  material: Material;
  readonly #workers: readonly WorkerProcess[];

  constructor(
    config: RelayConfig & ForwardConfig,
    material: Material,
    log: (line: string) => void,
  ) {
    this.#config = config;
    this.material = material;
    this.#workers = Array.from(
      { length: config.workers },
      (_, index) => new WorkerProcess(() => this.#order(index), config.limits.shutdownMs, log),
    );
  }

  /** Waits until every worker listens; if one fails, ends the others and throws its error. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#workers.map((worker) => worker.ready));
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  #order(index: number): WorkerOrder {
    const { workers, limits } = this.#config;
    const { maxConnections: all } = limits;
    const share = all === undefined ? {} : { maxConnections: shareOf(all, workers, index) };
    return {
      config: { ...this.#config, workers: 1, status: undefined, limits: { ...limits, ...share } },
      processes: workers,
      material: this.material,
    };
  }

  async stats(): Promise<RelayStats> {
    return sumStats(await Promise.all(this.#workers.map((worker) => worker.stats())));
  }

  async activities(): Promise<RelayActivity[]> {
    return await Promise.all(this.#workers.map((worker) => worker.activity()));
  }

  async reload(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.reload()));
  }

  async drain(): Promise<number> {
    await Promise.all(this.#workers.map((worker) => worker.drain()));
    return this.#workers.reduce((total, worker) => total + worker.abortedAtEnd, 0);
  }

  abort(): void {
    for (const worker of this.#workers) worker.kill();
  }
}

/** The share of `total` for the worker with this index. */
export function shareOf(total: number, workers: number, index: number): number {
  return Math.floor(total / workers) + (index < total % workers ? 1 : 0);
}
