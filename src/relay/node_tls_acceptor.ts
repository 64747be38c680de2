import tls from "node:tls";
import { acceptNext, SessionctlError } from "../platform/mod.ts";
import type { certificateNames } from "./certificate_names.ts";
import { alternativeNameMatches } from "./name_patterns.ts";
import { NodeTlsStream } from "./node_tls_stream.ts";
import { type Descriptors, TlsSide } from "./side.ts";
import {
  BACKLOG,
  cannotListen,
  claimPort,
  formatAddress,
  type TlsListenOptions,
} from "./tls_acceptor.ts";
import type { Acceptor, Arrival, ClientInfo, Material } from "./types.ts";

export interface NodeTlsListenOptions extends TlsListenOptions {
  /** The only CA whose clients may come in, PEM; clients are not asked without. */
  readonly clientCa: string | undefined;
  /** Of those, the common names that may; all if both lists are empty. */
  readonly allowCn: readonly string[];
  /** Or the subject alternative names, as `DNS:a.example`. */
  readonly allowSan: readonly string[];
}

/**
 * TLS connections by node:tls, for what the runtime's own listener cannot do: ask for
 * client certificates, and tell the server name. Slower, so used for that alone.
 */
export class NodeTlsAcceptor implements Acceptor {
  /** It listens nowhere: it is given the connections of our listener. */
  readonly #server: tls.Server;
  readonly #listener: Deno.TcpListener;
  #options: NodeTlsListenOptions;
  readonly #descriptors: Descriptors;
  /** There where names are asked for. */
  readonly #namesIn: typeof certificateNames | undefined;
  #closed = false;

  private constructor(
    options: NodeTlsListenOptions,
    descriptors: Descriptors,
    namesIn: typeof certificateNames | undefined,
  ) {
    this.#options = options;
    this.#namesIn = namesIn;
    this.#descriptors = descriptors;
    const asked = options.clientCa !== undefined;
    this.#server = tls.createServer({
      ...this.#secureContext(),
      requestCert: asked,
      rejectUnauthorized: asked,
      ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
    });
    const { hostname, port, shared } = options;
    const descriptor = descriptors.next();
    try {
      this.#listener = Deno.listen({
        ...{ hostname, port, tcpBacklog: BACKLOG },
        ...(shared ? { reusePort: true } : {}),
      });
    } catch (error) {
      throw cannotListen(options, error);
    }
    descriptors.sendAtOnce(descriptor);
  }

  /** @throws {SessionctlError} `ADDRESS_IN_USE`, `ACCESS_DENIED`, `IO_ERROR`. */
  static async listen(
    options: NodeTlsListenOptions,
    descriptors: Descriptors,
  ): Promise<NodeTlsAcceptor> {
    const { hostname, shared, allowCn, allowSan } = options;
    const { certificateNames } = allowCn.length + allowSan.length > 0
      ? await import("./certificate_names.ts")
      : {};
    const port = shared ? options.port : claimPort(hostname, options.port);
    return new NodeTlsAcceptor({ ...options, port }, descriptors, certificateNames);
  }

  #secureContext(): tls.SecureContextOptions {
    const { credentials: { cert, key }, clientCa: ca } = this.#options;
    return { cert, key, minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) };
  }

  get address(): string {
    return formatAddress(this.#options);
  }

  async accept(): Promise<Arrival | undefined> {
    // The number a connection gets that waits already.
    const hint = this.#descriptors.next();
    let conn: Deno.TcpConn;
    try {
      conn = await acceptNext(this.#listener);
    } catch (error) {
      if (this.#closed) return undefined;
      throw error;
    }
    const { remoteAddr: peer, localAddr: local } = conn;
    const stream = new NodeTlsStream(conn);
    const ends = { peer, localPort: local.port, hint };
    const side = new TlsSide(stream, ends, this.#descriptors);
    if (this.#closed) return void side.abort();
    const handshake = () => stream.handshake(this.#server, (socket) => this.#clientOf(socket));
    return { side, peer, local, handshake };
  }

  /** @throws {SessionctlError} `NOT_ALLOWED`. */
  #clientOf(socket: tls.TLSSocket): ClientInfo {
    this.#checkCertificate(socket);
    const { servername } = socket as { servername?: string | false | null };
    return servername ? { serverName: servername } : {};
  }

  #checkCertificate(socket: tls.TLSSocket): void {
    const { clientCa, allowCn, allowSan } = this.#options;
    if (clientCa === undefined) return;
    const certificate = socket.getPeerCertificate();
    // `authorized` alone says nothing: it is also true when no certificate was asked for.
    if (!socket.authorized || !certificate?.subject) {
      throw new SessionctlError("NOT_ALLOWED", "the client shows no certificate of the CA");
    }
    if (allowCn.length + allowSan.length === 0) return;
    const names = this.#namesIn?.(new Uint8Array(certificate.raw));
    const { commonNames, alternativeNames } = names ?? { commonNames: [], alternativeNames: [] };
    const [name] = commonNames;
    // Of several, one reader takes the first, another the last.
    if (commonNames.length === 1 && name !== undefined && allowCn.includes(name)) return;
    if (
      alternativeNames.some((name) => allowSan.some((one) => alternativeNameMatches(one, name)))
    ) return;
    const shown = commonNames.map((name) => JSON.stringify(name)).join(", ");
    throw new SessionctlError("NOT_ALLOWED", `the client ${shown} is not allowed`);
  }

  reload({ credentials, clientCa }: Pick<Material, "credentials" | "clientCa">): void {
    this.#options = {
      ...this.#options,
      credentials: credentials ?? this.#options.credentials,
      clientCa: clientCa ?? this.#options.clientCa,
    };
    this.#server.setSecureContext(this.#secureContext());
  }

  close(): void {
    this.#closed = true;
    this.#listener.close();
  }
}
