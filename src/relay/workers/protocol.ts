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

/** An order as it is sent: the channel protocol has no Infinity; where a limit is off it is null. */
export interface EncodedOrder {
  readonly order: WorkerOrder;
  readonly limits: Readonly<Record<string, number | null>>;
}

export function encodeOrder(order: WorkerOrder): EncodedOrder {
  const { limits, ...config } = order.config;
  const encoded = Object.entries(limits as unknown as Record<string, number>)
    .map(([name, value]) => [name, value === Infinity ? null : value] as const);
  return {
    order: { ...order, config: config as RelayConfig },
    limits: Object.fromEntries(encoded),
  };
}

export function decodeOrder({ order, limits }: EncodedOrder): WorkerOrder {
  const decoded = Object.entries(limits).map(([name, value]) => [name, value ?? Infinity]);
  return {
    ...order,
    config: { ...order.config, limits: Object.fromEntries(decoded) as RelayConfig["limits"] },
  };
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
