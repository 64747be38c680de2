import { fingerprintOf } from "./certificate.ts";
import type { RelayConfig } from "./config.ts";
import { startRelay } from "./start.ts";
import { sumStats } from "./stats.ts";
import { StatusServer, type StatusSource } from "./status_server.ts";

/** What somebody who starts a relay is told once it listens. */
export interface Listening {
  readonly address: string;
  readonly fingerprint?: string;
  /** Where the status is served. */
  readonly status?: string;
}

/** A relay as a whole, be it one process or several. */
export interface RelayService extends Listening {
  /** Reads the certificate, the CA and the token again. */
  reload(): void;
  /**
   * Stops accepting and lets what is open end by itself within the shutdown limit.
   *
   * @returns how many connections were aborted at the limit.
   */
  drain(): Promise<number>;
  /** Ends everything at once. */
  abort(): void;
}

/**
 * Runs a relay in this process or, with more than one worker, in worker processes.
 *
 * @throws {SessionctlError} saying what about the configuration, a file or an address is wrong.
 */
export async function serveRelay(
  config: RelayConfig,
  log: (line: string) => void,
): Promise<RelayService> {
  if (config.workers > 1) {
    const { serveWithWorkers } = await import("./workers.ts");
    return await serveWithWorkers(config, log);
  }
  const running = await startRelay(config, { shared: false, log });
  const { relay, watch } = running;
  const { credentials } = watch.current;
  let status: StatusServer | undefined;
  try {
    status = await serveStatus(config, {
      healthy: () => relay.healthy(),
      stats: () => Promise.resolve(sumStats([relay.stats()])),
    });
  } catch (error) {
    watch.close();
    await relay.close(0);
    throw error;
  }
  return {
    address: relay.address,
    fingerprint: config.direction === "forward" && credentials
      ? await fingerprintOf(credentials.cert)
      : undefined,
    status: status?.address,
    reload: () => watch.reload(),
    drain: async () => {
      watch.close();
      const aborted = await relay.close();
      status?.close();
      return aborted;
    },
    abort: () => relay.abort(),
  };
}

/** Serves the status if it is wanted. */
export async function serveStatus(
  config: RelayConfig,
  source: StatusSource,
): Promise<StatusServer | undefined> {
  return config.status && await StatusServer.listen(config.status, source);
}
