import type { Side } from "./data/side.ts";
import type { TargetState } from "./log/target_log.ts";

/** Where somebody is reached, as it is written in a PROXY header or a log line. */
export interface PeerAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A certificate chain and its private key, both PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** Where credentials are read from. */
export interface CredentialFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a relay reads from files, at its start and whenever they change. */
export interface Material {
  /** Our certificate and key. */
  readonly credentials?: Credentials;
  /** The only CA whose clients may come in, PEM. */
  readonly clientCa?: string;
  /** The only CA whose servers are connected to, PEM. */
  readonly ca?: string;
  /** The token that lets an HTTP request in. */
  readonly token?: string;
}

/** Where the status is served: a TCP address or a Unix socket. */
export type StatusAddress = PeerAddress | { readonly path: string };

/** What a handshake told about the client. */
export interface ClientInfo {
  /** The TLS server name it asked for, where the runtime tells. */
  readonly serverName?: string;
  /** The name in its certificate, if it showed one that may come in. */
  readonly certificate?: string;
}

/** A connection that arrived; its handshake may still be to come. */
export interface Arrival {
  readonly side: Side;
  /** Undefined on a Unix socket. */
  readonly peer: PeerAddress | undefined;
  readonly local: PeerAddress | undefined;
  /** @throws when the client does not complete it; `NOT_ALLOWED` when it may not come in. */
  handshake(): Promise<ClientInfo>;
  /** What is known of a client whose handshake failed. */
  known?(): ClientInfo;
}

/** Where connections come from. */
export interface Acceptor {
  /** As it is printed: `127.0.0.1:8443` or `unix:/run/x.sock`. */
  readonly address: string;
  /** The next arrival; undefined once it was closed. */
  accept(): Promise<Arrival | undefined>;
  /** Uses what is fresh for connections from now on. */
  reload?(fresh: Pick<Material, "credentials" | "clientCa">): void;
  close(): void;
}

/** A connection to a target. */
export interface Connected {
  readonly side: Side;
  /** The path of the target's socket, or its address. */
  readonly target: string;
}

/** Where connections go. */
export interface Connector {
  /** @throws {SessionctlError} `NO_TARGET`, `TIMED_OUT` or what the connect met. */
  connect(info: ClientInfo, limitMs: number): Promise<Connected>;
  /**
   * Whether a target accepts now.
   *
   * @param check Asks a target for more than that, and ends the connection.
   */
  accepts(check?: (side: Side) => Promise<void>): Promise<boolean>;
  /** The targets that were tried or are configured. */
  targets(): TargetState[];
  /**
   * Says why a target ended a connection before it sent anything, where that means that it
   * refused us; undefined where it may have had another reason.
   */
  explainAbort?(error: unknown): string | undefined;
}

/** Limits, those of time in milliseconds; an absent one does not apply. */
export interface RelayLimits {
  readonly maxConnections?: number;
  readonly handshakeMs?: number;
  readonly connectMs?: number;
  readonly idleMs?: number;
  readonly shutdownMs?: number;
}

export const DEFAULT_LIMITS = {
  handshakeMs: 10_000,
  connectMs: 5_000,
  shutdownMs: 30_000,
} satisfies RelayLimits;

/** What somebody who starts a relay is told once it listens. */
export interface Listening {
  readonly address: string;
  readonly fingerprint?: string;
  /** Where the status is served. */
  readonly status?: string;
}

/** A relay as a whole, be it one process or several. */
export interface RelayService extends Listening {
  /**
   * Reads the certificate, the CA and the token again.
   *
   * @returns when all processes of the relay use what the files hold; after 5 s at most.
   */
  reload(): Promise<void>;
  /**
   * Stops accepting and lets what is open end by itself within the shutdown limit.
   *
   * @returns how many connections were aborted at the limit.
   */
  drain(): Promise<number>;
  /** Ends everything at once. */
  abort(): void;
}
