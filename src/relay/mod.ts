/**
 * The relay: it carries TLS connections to Unix sockets, and connections of a Unix socket to a TLS
 * server. The parts that do the work load when a relay starts.
 */
export { parseAddress, parseOrigin } from "./config.ts";
export type { ForwardTarget, RelayConfig } from "./config.ts";
export { parseAlternativeName, parseHostPattern } from "./credentials/name_patterns.ts";
export {
  acceptPrefaced,
  type AcceptPrefacedOptions,
  type PrefacedConnection,
} from "./connect/preface.ts";
export type { Listening, RelayService } from "./types.ts";
export { DEFAULT_LIMITS, type StatusAddress } from "./types.ts";

import type { RelayConfig } from "./config.ts";
import type { RelayService } from "./types.ts";

/** Runs a relay; see `serveRelay` in `service.ts` for parameters and errors. */
export async function serveRelay(
  config: RelayConfig,
  version: string,
  log: (line: string) => void,
): Promise<RelayService> {
  const { serveRelay } = await import("./service.ts");
  return await serveRelay(config, version, log);
}

/** Runs this process as a worker of a relay; see `worker_main.ts`. */
export async function runWorker(version: string, log: (line: string) => void): Promise<void> {
  const { runWorker } = await import("./workers/worker_main.ts");
  await runWorker(version, log);
}
