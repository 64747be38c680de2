import { ExitCode, type Output, VERSION } from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { onSignals } from "../../platform/mod.ts";
import type { PassedPort, ServiceNotifier } from "../../platform/service_manager/mod.ts";
import { surviveErrors } from "../../platform/survive_errors.ts";
import { type RelayConfig, type RelayService, serveRelay } from "../../relay/mod.ts";

/** Runs a relay until a signal ends it. @returns the exit code. */
export async function runRelay(wanted: RelayConfig, output: Output): Promise<number> {
  const log = (line: string) => output.note(line);
  using _errors = surviveErrors(log);
  const { ServiceNotifier, takePassedPort } = await import("../../platform/service_manager/mod.ts");
  const manager = ServiceNotifier.take();
  const config = onPassedPort(wanted, takePassedPort());
  const service = await serveRelay(config, VERSION, log);
  const aborted = await untilTold(
    service,
    manager,
    log,
    // A reader of this line may signal the process at once.
    () => announce(service, output),
  );
  manager.close();
  if (aborted > 0) log(`${aborted} connections were still open and were aborted`);
  return ExitCode.Done;
}

/**
 * Replaces the address with that of the socket that the service manager has bound, because that
 * socket decides who can reach the relay.
 *
 * @throws {SessionctlError} `USAGE`, `NOT_SUPPORTED`.
 */
function onPassedPort(config: RelayConfig, passed: PassedPort | undefined): RelayConfig {
  if (!passed) return config;
  if (config.direction !== "forward" || config.listen.port !== passed.port) {
    throw new SessionctlError(
      "USAGE",
      `the service manager passed port ${passed.port}, and --listen names another address`,
      { hint: "name the same port in --listen and in the socket unit" },
    );
  }
  const { clients, target, workers } = config;
  if (workers === 1 && clients.clientCaPath === undefined && target.kind !== "routes") {
    return { ...config, listen: { hostname: passed.hostname, port: passed.port, passed } };
  }
  throw new SessionctlError(
    "NOT_SUPPORTED",
    "--workers, --client-ca and --route do not go with a socket unit",
    { hint: "start the service without its socket unit" },
  );
}

function announce(service: RelayService, output: Output): void {
  const { address, fingerprint, status } = service;
  if (output.json) return output.value({ address, fingerprint, status });
  output.line(`listening on ${address}`);
  if (fingerprint !== undefined) output.line(`fingerprint ${fingerprint}`);
  if (status !== undefined) output.line(`status on ${status}`);
}

/** Runs until a signal ends it: the first signal drains, the second ends at once. */
async function untilTold(
  service: RelayService,
  manager: ServiceNotifier,
  log: (line: string) => void,
  onReady: () => void,
): Promise<number> {
  const told = Promise.withResolvers<void>();
  let times = 0;
  const stopEnd = onSignals(["SIGTERM", "SIGINT"], () => {
    if (++times > 1) service.abort();
    else told.resolve();
  });
  const ready = () => manager.ready(`listening on ${service.address}`);
  let reloads = 0;
  let draining = false;
  const stopReload = onSignals(["SIGHUP"], async () => {
    const reload = ++reloads;
    manager.reloading();
    await service.reload();
    // Only the last of several reloads reports readiness; a stopping relay is not ready again.
    if (reload === reloads && !draining) ready();
  });
  onReady();
  ready();
  await told.promise;
  draining = true;
  // By the time the line is printed, the relay no longer accepts connections.
  const drained = service.drain();
  manager.stopping("waiting for open connections to end");
  log("waiting for open connections to end");
  const aborted = await drained;
  stopEnd();
  stopReload();
  return aborted;
}
