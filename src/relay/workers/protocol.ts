import { defineService, type ServiceDefinition } from "../../ipc/mod.ts";
import type { RelayActivity } from "../log/activity.ts";
import type { RelayConfig } from "../config.ts";
import type { Material } from "../types.ts";
import type { RelayStats } from "../status/stats.ts";

/** The order that a worker process gets in the handshake. */
export interface WorkerOrder {
  readonly config: RelayConfig;
  /** Number of workers of the relay. */
  readonly processes: number;
  /** A temporary certificate that all workers share, or the material to use while the files are broken. */
  readonly material?: Material;
}

/** The requests of a parent to its worker. */
export interface WorkerService {
  stats(): Promise<RelayStats>;
  activity(): Promise<RelayActivity>;
  /** Reloads the certificate, the CA and the token. */
  reload(): Promise<void>;
  /** Stops accepting, waits for open connections, and ends. */
  drain(): Promise<void>;
}

export const workerService: ServiceDefinition<WorkerService> = /* @__PURE__ */ defineService<
  WorkerService
>("relay-worker");

/** The messages of a worker to its parent. */
export interface WorkerParentService {
  /** The worker is about to end after draining. */
  drained(stats: RelayStats, aborted: number): Promise<void>;
}

export const workerParentService: ServiceDefinition<WorkerParentService> =
  /* @__PURE__ */ defineService<WorkerParentService>("relay-worker-parent");
