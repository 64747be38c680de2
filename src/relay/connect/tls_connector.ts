import { messageOf, SessionctlError } from "../../errors.ts";
import type { TcpEnds } from "../../platform/ffi/tcp_descriptors.ts";
import { type Descriptors, type Side, TlsSide } from "../data/side.ts";
import { formatAddress } from "../listen/tls_acceptor.ts";
import { TargetLog, type TargetState } from "../log/target_log.ts";
import type {
  ClientInfo,
  Connected,
  Connector,
  Credentials,
  Material,
  PeerAddress,
} from "../types.ts";

export interface TlsConnectOptions {
  readonly address: PeerAddress;
  /** The name that the server's certificate must have; the address's host by default. */
  readonly serverName?: string;
  /** The trusted certificates, PEM; the system's and Mozilla's by default. */
  readonly ca?: string;
  /** The client certificate and key to present. */
  readonly credentials?: Credentials;
  readonly alpn: readonly string[];
}

/**
 * Chooses the trust anchors of this process's TLS clients; call it before the first connection.
 *
 * The runtime adds given certificates to its own store. With an empty store they are the only
 * anchors. The runtime reads the variable when it first needs the store.
 *
 * @param only Whether the given certificates are the only anchors.
 */
export function chooseTrust(only: boolean): void {
  if (only) Deno.env.set("DENO_TLS_CA_STORE", "");
  else if (!Deno.env.get("DENO_TLS_CA_STORE")) Deno.env.set("DENO_TLS_CA_STORE", "system,mozilla");
}

/** The runtime's option for a server name other than the host, which only a symbol names. */
function serverNameSymbol(): symbol | undefined {
  const internal = (Deno as unknown as Record<symbol, Record<string, unknown> | undefined>)[
    (Deno as unknown as { internal: symbol }).internal
  ];
  const found = internal?.serverNameSymbol;
  return typeof found === "symbol" ? found : undefined;
}

/** The meaning of a server's TLS alert; undefined for other errors. Source: RFC 8446, section 6.2. */
function alertIn(error: unknown): string | undefined {
  const alert = /received fatal alert: ([A-Za-z0-9]+)/.exec(messageOf(error))?.[1];
  switch (alert) {
    case "HandshakeFailure":
      return "handshake failure; the server may require a client certificate (--client-cert)";
    case "CertificateRequired":
      return "the server requires a client certificate (--client-cert)";
    case "UnknownCA":
      return "the server does not know the CA of the client certificate";
    case "CertificateExpired":
      return "the client certificate has expired";
    case "BadCertificate":
    case "CertificateUnknown":
    case "UnsupportedCertificate":
    case "CertificateRevoked":
    case "AccessDenied":
    case "DecryptError":
      return `the server does not accept the client certificate (${alert})`;
    default:
      return alert;
  }
}

/** Connects to a TLS server. */
export class TlsConnector implements Connector {
  readonly #options: TlsConnectOptions;
  readonly #descriptors: Descriptors;
  readonly #log: TargetLog;
  #credentials: Credentials | undefined;
  #ca: string | undefined;

  /** @throws {SessionctlError} `NOT_SUPPORTED` for a combination that this runtime does not support. */
  constructor(options: TlsConnectOptions, descriptors: Descriptors) {
    this.#options = options;
    this.#descriptors = descriptors;
    this.#credentials = options.credentials;
    this.#ca = options.ca;
    this.#log = new TargetLog([formatAddress(options.address)]);
    if (options.credentials && options.serverName && !serverNameSymbol()) {
      throw new SessionctlError(
        "NOT_SUPPORTED",
        `Deno ${Deno.version.deno} cannot send a client certificate under another server name`,
        { hint: "connect to the name in the server's certificate" },
      );
    }
  }

  /** Uses the new CA and client certificate for new connections. */
  reload({ ca, credentials }: Pick<Material, "ca" | "credentials">): void {
    this.#ca = ca ?? this.#ca;
    this.#credentials = credentials ?? this.#credentials;
  }

  targets(): TargetState[] {
    return this.#log.list();
  }

  async connect(_info: ClientInfo, limitMs: number): Promise<Connected> {
    const target = formatAddress(this.#options.address);
    try {
      const side = await this.#connect(limitMs);
      this.#log.reached(target);
      return { side, target };
    } catch (error) {
      this.#log.failed(target, messageOf(error));
      throw error;
    }
  }

  /** In TLS 1.3 a server checks the client's certificate after the client's handshake has ended. */
  explainAbort(error: unknown): string | undefined {
    const target = formatAddress(this.#options.address);
    const alert = alertIn(error);
    const message = alert === undefined
      ? `${target} ended the connection before it sent any data (${messageOf(error)}); ` +
        (this.#credentials
          ? "it may refuse the client certificate"
          : "it may require --client-cert")
      : `${target} refused the handshake: ${alert}`;
    this.#log.failed(target, message);
    return message;
  }

  async #connect(limitMs: number): Promise<Side> {
    let late = false;
    let side: TlsSide | undefined;
    const stop = new AbortController();
    const where = formatAddress(this.#options.address);
    const expired = Promise.withResolvers<never>();
    const timer = limitMs === Infinity ? undefined : setTimeout(() => {
      late = true;
      stop.abort();
      side?.abort();
      expired.reject(
        new SessionctlError("TIMED_OUT", `${where} did not answer within ${limitMs} ms`),
      );
    }, limitMs);
    const connecting = (async () => {
      // Correct if no name has to be resolved first.
      const hint = this.#descriptors.next();
      const conn = await this.#open(stop.signal);
      const ends = { peer: conn.remoteAddr, localPort: conn.localAddr.port, hint };
      side = new TlsSide(conn, ends, this.#descriptors);
      if (late) side.abort();
      else if (this.#options.credentials) this.#sendAtOnce(ends);
      await conn.handshake();
      return side;
    })();
    try {
      return await Promise.race([connecting, expired.promise]);
    } catch (error) {
      side?.abort();
      if (late) connecting.catch(() => {});
      if (error instanceof SessionctlError) throw error;
      const reason = alertIn(error) ?? messageOf(error);
      throw new SessionctlError("IO_ERROR", `cannot connect to ${where}: ${reason}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      expired.promise.catch(() => {});
    }
  }

  async #open(signal: AbortSignal): Promise<Deno.TlsConn> {
    const { address, serverName, alpn } = this.#options;
    const [credentials, ca] = [this.#credentials, this.#ca];
    const trust = { caCerts: ca === undefined ? [] : [ca] };
    const protocols = alpn.length > 0 ? { alpnProtocols: [...alpn] } : {};
    if (credentials) {
      const symbol = serverNameSymbol();
      const named = serverName && symbol ? { [symbol]: serverName } : {};
      return await Deno.connectTls({
        ...address,
        ...credentials,
        ...trust,
        ...protocols,
        ...named,
      });
    }
    // In two steps, because only the first can be cancelled.
    const conn = await Deno.connect({ ...address, ...{ signal } });
    conn.setNoDelay();
    return await Deno.startTls(conn, {
      hostname: serverName ?? address.hostname,
      ...trust,
      ...protocols,
    });
  }

  /** Otherwise the bytes after the handshake may wait 40 ms for its acknowledgement. */
  #sendAtOnce(ends: TcpEnds): void {
    const descriptor = this.#descriptors.ofTcp(ends);
    if (descriptor !== undefined) this.#descriptors.sendAtOnce(descriptor);
  }

  async accepts(check?: (side: Side) => Promise<void>): Promise<boolean> {
    const connected = await this.connect({}, 5_000).catch(() => undefined);
    if (!connected) return false;
    const { side, target } = connected;
    try {
      if (check) await check(side);
      else side.close();
      return true;
    } catch (error) {
      this.#log.failed(target, messageOf(error));
      return false;
    }
  }
}
