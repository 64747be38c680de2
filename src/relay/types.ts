import type { Side } from "./data/side.ts";
import type { TargetState } from "./log/target_log.ts";

/** The address of a peer, as in a PROXY header or a log line. */
export interface PeerAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A certificate chain and its private key, both PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** The files of a certificate and its key. */
export interface CredentialFiles {
  readonly cert: string;
  readonly key: string;
}

/** The material that a relay reads from files at start, and again on each change. */
export interface Material {
  /** The relay's certificate and key. */
  readonly credentials?: Credentials;
  /** The CA whose clients are accepted, PEM. */
  readonly clientCa?: string;
  /** The CA whose servers are trusted, PEM. */
  readonly ca?: string;
  /** The token that HTTP requests need. */
  readonly token?: string;
}

/** The address of the status server: a TCP address or a Unix socket. */
export type StatusAddress = PeerAddress | { readonly path: string };

/** The facts about a client that its handshake gave. */
export interface ClientInfo {
  /** The TLS server name that it requested, where the runtime reports it. */
  readonly serverName?: string;
  /** The name in its certificate, if it presented an accepted one. */
  readonly certificate?: string;
}

/** An accepted connection; its handshake may still be in progress. */
export interface Arrival {
  readonly side: Side;
  /** Undefined on a Unix socket. */
  readonly peer: PeerAddress | undefined;
  readonly local: PeerAddress | undefined;
  /** @throws when the client does not complete it; `NOT_ALLOWED` when the client is refused. */
  handshake(): Promise<ClientInfo>;
  /** Whether the client has begun a handshake that admits every client and tells nothing about it. */
  readonly admitsAll?: boolean;
  /** The facts about a client whose handshake failed. */
  known?(): ClientInfo;
}

/** A source of connections. */
export interface Acceptor {
  /** The printed address: `127.0.0.1:8443` or `unix:/run/x.sock`. */
  readonly address: string;
  /** The next connection; undefined once the acceptor is closed. */
  accept(): Promise<Arrival | undefined>;
  /** Uses new credentials for new connections. */
  reload?(fresh: Pick<Material, "credentials" | "clientCa">): void;
  close(): void;
}

/** A connection to a target. */
export interface Connected {
  readonly side: Side;
  /** The path of the target's socket, or its address. */
  readonly target: string;
}

/** A connector to targets. */
export interface Connector {
  /** @throws {SessionctlError} `NO_TARGET`, `TIMED_OUT` or the error of the connect. */
  connect(info: ClientInfo, limitMs: number): Promise<Connected>;
  /**
   * Whether a target accepts connections now.
   *
   * @param check A further check of the target, which ends the connection.
   */
  accepts(check?: (side: Side) => Promise<void>): Promise<boolean>;
  /** The configured targets, or those that were tried. */
  targets(): TargetState[];
  /**
   * The reason why a target ended a connection before it sent any data, if that means that it
   * refused the relay; undefined if it may have had another reason.
   */
  explainAbort?(error: unknown): string | undefined;
}

/** The limits of a relay, times in milliseconds; an absent limit does not apply. */
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

/** The facts that a relay prints once it listens. */
export interface Listening {
  readonly address: string;
  readonly fingerprint?: string;
  /** The address of the status server. */
  readonly status?: string;
}

/** A relay as a whole, in one process or several. */
export interface RelayService extends Listening {
  /**
   * Reads the certificate, the CA and the token again.
   *
   * @returns once all processes of the relay use the content of the files; after 5 s at most.
   */
  reload(): Promise<void>;
  /**
   * Stops accepting and waits for open connections until the shutdown time limit.
   *
   * @returns the number of connections aborted at the limit.
   */
  drain(): Promise<number>;
  /** Ends everything at once. */
  abort(): void;
}
