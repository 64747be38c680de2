import type { RelayActivity } from "../log/activity.ts";
import { describeCertificate } from "../credentials/certificate.ts";
import type { RelayConfig } from "../config.ts";
import type { MaterialWatch } from "../credentials/material.ts";
import { newPreface } from "../connect/preface.ts";
import { proxyLocalHeader } from "../connect/proxy_header.ts";
import type { Side } from "../data/side.ts";
import type { RelayStats } from "./stats.ts";
import type { StatusServer } from "./mod.ts";

/** The sources of a status. */
export interface StatusParts {
  readonly version: string;
  /** The addresses on which the relay listens. */
  readonly address: string;
  readonly watch: MaterialWatch;
  /** Whether a target accepts; see `Connector.accepts`. */
  healthy(check?: (side: Side) => Promise<void>): Promise<boolean>;
  stats(): Promise<RelayStats>;
  activity(): Promise<RelayActivity>;
}

/**
 * Serves the status if the configuration asks for it.
 *
 * @throws {SessionctlError} when its address cannot be listened on.
 */
export async function serveStatus(
  config: RelayConfig,
  parts: StatusParts,
): Promise<StatusServer | undefined> {
  if (!config.status) return undefined;
  const { askOverHttp, StatusServer, windowsBehind } = await import("./mod.ts");
  const { checkPath, workers, registrySocket } = config;
  const { version, address, watch } = parts;
  const startedAt = Date.now();
  const check = checkPath === undefined
    ? undefined
    : (side: Side) => askOverHttp(side, checkPath, preludeOf(config));
  return await StatusServer.listen(config.status, {
    healthy: () => parts.healthy(check),
    stats: () => parts.stats(),
    activity: () => parts.activity(),
    windows: (targets) => windowsBehind(targets, registrySocket),
    info: async () => {
      const cert = watch.current.credentials?.cert;
      const certificate = cert === undefined ? undefined : await describeCertificate(cert);
      const lastReload = watch.last;
      return { version, address, workers, startedAt, certificate, lastReload };
    },
  });
}

/** The bytes that a target expects before a health request. */
function preludeOf(config: RelayConfig): Uint8Array | undefined {
  if (config.direction === "reverse") return undefined;
  const { proxyProtocol, preface } = config;
  const header = proxyProtocol ? proxyLocalHeader(proxyProtocol) : [];
  const id = preface ? new TextEncoder().encode(newPreface()) : [];
  return new Uint8Array([...header, ...id]);
}
