import type { FleetOrder } from "./fleet_options.ts";
import type { LinkOrder } from "./link_options.ts";

/** The parsed arguments of `serve`; times in milliseconds, absent for never. */
export interface ServeOrder {
  readonly socketPath: string;
  readonly stateFile: string | undefined;
  readonly upstreams: readonly string[];
  readonly pruneIntervalMs?: number;
  readonly probeTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly allowOwners: readonly number[];
  readonly pidFile: string | undefined;
  /** The log file; without it, messages go to stderr. */
  readonly logFile: string | undefined;
  readonly fleet: FleetOrder | undefined;
  readonly links: LinkOrder;
}
