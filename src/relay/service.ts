import { describeCertificate } from "./credentials/certificate.ts";
import type { RelayConfig } from "./config.ts";
import type { RelayService } from "./types.ts";
import { startRelay } from "./start.ts";
import { sumStats } from "./status/stats.ts";
import type { StatusServer } from "./status/mod.ts";
import { serveStatus } from "./status/status_source.ts";

/**
 * Runs a relay in this process or, with more than one worker, in worker processes.
 *
 * @param version The program's version, for the status.
 * @param log Called with each line for the relay's log.
 * @throws {SessionctlError} that names the wrong part of the configuration, file or address.
 */
export async function serveRelay(
  config: RelayConfig,
  version: string,
  log: (line: string) => void,
): Promise<RelayService> {
  if (config.workers > 1) {
    const { serveWithWorkers } = await import("./workers/workers.ts");
    return await serveWithWorkers(config, version, log);
  }
  const running = await startRelay(config, { processes: 1, log });
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
