import { describeCertificate } from "./certificate.ts";
import type { RelayConfig } from "./config.ts";
import { startRelay } from "./start.ts";
import { sumStats } from "./stats.ts";
import type { StatusServer } from "./status/mod.ts";
import { serveStatus } from "./status_source.ts";

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
 * @param version Ours, for the status.
 * @param log Told, in one line, what somebody who runs a relay wants to know.
 * @throws {SessionctlError} saying what about the configuration, a file or an address is wrong.
 */
export async function serveRelay(
  config: RelayConfig,
  version: string,
  log: (line: string) => void,
): Promise<RelayService> {
  if (config.workers > 1) {
    const { serveWithWorkers } = await import("./workers.ts");
    return await serveWithWorkers(config, version, log);
  }
  const running = await startRelay(config, { shared: false, log });
  const { relay, watch } = running;
  const { credentials } = watch.current;
  let status: StatusServer | undefined;
  try {
    status = await serveStatus(config, {
      version,
      address: relay.address,
      watch,
      healthy: (check) => relay.healthy(check),
      stats: () => Promise.resolve(sumStats([relay.stats()])),
      activity: () => Promise.resolve(relay.activity()),
    });
  } catch (error) {
    watch.close();
    await relay.close(0);
    throw error;
  }
  return {
    address: relay.address,
    fingerprint: config.direction === "forward" && credentials
      ? (await describeCertificate(credentials.cert)).fingerprint
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
