import { defineService, type ServiceDefinition } from "../../ipc/mod.ts";
import type { RelayActivity } from "../log/activity.ts";
import type { RelayConfig } from "../config.ts";
import type { Material } from "../types.ts";
import type { RelayStats } from "../status/stats.ts";

/** What a worker process is told in the handshake. */
export interface WorkerOrder {
  readonly config: RelayConfig;
  /** A throw-away certificate that all workers share, or what to use while the files are broken. */
  readonly material?: Material;
}

/** What a worker does for its parent. */
export interface WorkerService {
  stats(): Promise<RelayStats>;
  activity(): Promise<RelayActivity>;
  /** Reads the certificate, the CA and the token again. */
  reload(): Promise<void>;
  /** Stops accepting, lets open connections end, and ends. */
  drain(): Promise<void>;
}

export const workerService: ServiceDefinition<WorkerService> = /* @__PURE__ */ defineService<
  WorkerService
>("relay-worker");

/** What a worker tells its parent. */
export interface WorkerParentService {
  /** It is about to end, after it was told to drain. */
  drained(stats: RelayStats, aborted: number): Promise<void>;
}

export const workerParentService: ServiceDefinition<WorkerParentService> =
  /* @__PURE__ */ defineService<WorkerParentService>("relay-worker-parent");
