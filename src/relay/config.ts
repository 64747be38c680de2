import type { PassedPort } from "../platform/service_manager/mod.ts";
import { SessionctlError } from "../errors.ts";
import type { ProxyProtocol } from "./connect/proxy_header.ts";
import type { CredentialFiles, PeerAddress, RelayLimits, StatusAddress } from "./types.ts";

/** Where connections of a TLS listener go. */
export type ForwardTarget =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "session"; readonly path: string }
  | { readonly kind: "routes"; readonly routes: Readonly<Record<string, string>> };

/** Who may come in. */
export interface ClientRules {
  readonly clientCaPath?: string;
  readonly allowCn: readonly string[];
  readonly allowSan: readonly string[];
  readonly tokenPath?: string;
  readonly allowOrigins: readonly string[];
  readonly unauthenticated: boolean;
}

/** TLS here, a Unix socket behind it. */
export interface ForwardConfig {
  readonly direction: "forward";
  /** With `passed`, the address of a socket that the service manager has bound. */
  readonly listen: PeerAddress & { readonly passed?: PassedPort };
  /** The files of the certificate and key; undefined for a throw-away certificate. */
  readonly files?: CredentialFiles;
  readonly target: ForwardTarget;
  /** Further user ids whose sockets may be targets. */
  readonly allowOwners: readonly number[];
  readonly clients: ClientRules;
  readonly preface: boolean;
  readonly proxyProtocol?: ProxyProtocol;
}

/** A Unix socket here, TLS behind it. */
export interface ReverseConfig {
  readonly direction: "reverse";
  readonly listenPath: string;
  readonly connect: PeerAddress;
  readonly serverName?: string;
  readonly caPath?: string;
  readonly files?: CredentialFiles;
}

/** All that a relay needs to know. */
export type RelayConfig = (ForwardConfig | ReverseConfig) & {
  readonly alpn: readonly string[];
  readonly limits: RelayLimits;
  readonly status?: StatusAddress;
  /** What the targets are asked for over HTTP to learn of their health; undefined to connect alone. */
  readonly checkPath?: string;
  /** Whether the log has a line for each connection that ended. */
  readonly logConnections: boolean;
  readonly workers: number;
  /** The registry's socket, if it was named. */
  readonly registrySocket?: string;
};

/** Whether only this machine can reach an address. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    /^127\.[0-9]+\.[0-9]+\.[0-9]+$/.test(hostname);
}

/**
 * Nobody exposes an editor by accident: everyone who reaches it can run commands.
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
 * @param noHost What `:PORT` means; undefined if a host must be named.
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
 * Reads an origin and writes it as browsers do, for they are compared letter by letter:
 * in lower case, without a default port, without a path.
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
