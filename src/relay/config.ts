import type { PassedPort } from "../platform/service_manager/mod.ts";
import { SessionctlError } from "../errors.ts";
import type { ProxyProtocol } from "./connect/proxy_header.ts";
import type { CredentialFiles, PeerAddress, RelayLimits, StatusAddress } from "./types.ts";

/** The target of a TLS listener's connections. */
export type ForwardTarget =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "session"; readonly path: string }
  | { readonly kind: "routes"; readonly routes: Readonly<Record<string, string>> };

/** The clients that a listener accepts. */
export interface ClientRules {
  readonly clientCaPath?: string;
  readonly allowCn: readonly string[];
  readonly allowSan: readonly string[];
  readonly tokenPath?: string;
  readonly allowOrigins: readonly string[];
  readonly unauthenticated: boolean;
}

/** A relay that listens with TLS and connects to a Unix socket. */
export interface ForwardConfig {
  readonly direction: "forward";
  /** With `passed`, the service manager has bound the socket, and this is its address. */
  readonly listen: PeerAddress & { readonly passed?: PassedPort };
  /** The files of the certificate and key; undefined for a temporary certificate. */
  readonly files?: CredentialFiles;
  readonly target: ForwardTarget;
  /** Further user ids whose sockets are accepted as targets. */
  readonly allowOwners: readonly number[];
  readonly clients: ClientRules;
  readonly preface: boolean;
  readonly proxyProtocol?: ProxyProtocol;
  /**
   * How workers share the load: each connection goes to any worker, or all connections of a client
   * address go to the same worker.
   */
  readonly balance: "connection" | "client";
}

/** A relay that listens on a Unix socket and connects with TLS. */
export interface ReverseConfig {
  readonly direction: "reverse";
  readonly listenPath: string;
  readonly connect: PeerAddress;
  readonly serverName?: string;
  readonly caPath?: string;
  readonly files?: CredentialFiles;
}

/** The complete configuration of a relay. */
export type RelayConfig = (ForwardConfig | ReverseConfig) & {
  readonly alpn: readonly string[];
  readonly limits: RelayLimits;
  readonly status?: StatusAddress;
  /** The path of the HTTP health check; undefined if connecting is the whole check. */
  readonly checkPath?: string;
  /** Whether the log has a line for each connection that ends. */
  readonly logConnections: boolean;
  readonly workers: number;
  /** The registry's socket, if it was named. */
  readonly registrySocket?: string;
};

/** Whether an address is reachable from this machine only. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    /^127\.[0-9]+\.[0-9]+\.[0-9]+$/.test(hostname);
}

/**
 * Refuses a configuration that exposes an editor without authentication: every client of an editor
 * can run commands.
 *
 * @throws {SessionctlError} `NOT_ALLOWED`.
 */
export function checkExposure(config: ForwardConfig): void {
  const { clients, listen } = config;
  const authenticated = clients.clientCaPath !== undefined || clients.tokenPath !== undefined;
  if (authenticated || clients.unauthenticated || isLoopback(listen.hostname)) return;
  throw new SessionctlError(
    "NOT_ALLOWED",
    `${listen.hostname} can be reached from other machines, and the relay does not authenticate clients`,
    { hint: "use --token-file or --client-ca, or allow this with --unauthenticated" },
  );
}

/**
 * Reads `HOST:PORT`; an IPv6 address stands in brackets.
 *
 * @param noHost The host that `:PORT` stands for; undefined if a host is required.
 * @throws {SessionctlError} `USAGE`.
 */
export function parseAddress(text: string, option: string, noHost?: string): PeerAddress {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) {
    throw new SessionctlError("USAGE", `${option} is not an address: ${JSON.stringify(text)}`, {
      hint: "write it like 127.0.0.1:8443 or [::1]:8443",
    });
  }
  const hostname = (match[1] ?? match[2]) || noHost;
  if (hostname !== undefined) return { hostname, port };
  throw new SessionctlError("USAGE", `${option} names no host: ${JSON.stringify(text)}`, {
    hint: `write 127.0.0.1${text}, or 0.0.0.0${text} for every address of this machine`,
  });
}

/**
 * Parses an origin and normalizes it as browsers do, because origins are compared as text: lower
 * case, without a default port, without a path.
 * Source: RFC 6454, section 6.1.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export function parseOrigin(text: string, option: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s*]+)\/?$/i.exec(text);
  if (text === "null") return text;
  if (!match || (/^https?$/i.test(match[1]!) && !URL.canParse(text))) {
    throw new SessionctlError("USAGE", `${option} is not an origin: ${JSON.stringify(text)}`, {
      hint: "write it like https://a.example or https://a.example:8443",
    });
  }
  return /^https?$/i.test(match[1]!)
    ? new URL(text).origin
    : `${match[1]}://${match[2]}`.toLowerCase();
}
