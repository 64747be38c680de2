import type { FleetOrder } from "./fleet_options.ts";

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
  /** The authorities of machines behind linked ones, by `LINKED/MACHINE`. */
  readonly linkHops: readonly (readonly [name: string, authority: string])[];
}
