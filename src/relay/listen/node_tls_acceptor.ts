import tls from "node:tls";
import { SessionctlError } from "../../errors.ts";
import { acceptNext } from "../../platform/mod.ts";
import type { certificateNames } from "../credentials/certificate_names.ts";
import { AcceptedCertificates, checkClient } from "../credentials/client_certificate.ts";
import { NodeTlsStream } from "./node_tls_stream.ts";
import { openingOf } from "./plain_http.ts";
import { type Descriptors, TlsSide } from "../data/side.ts";
import {
  BACKLOG,
  cannotListen,
  claimPort,
  formatAddress,
  listenOnSharedPort,
  type TlsListenOptions,
} from "./tls_acceptor.ts";
import type { Acceptor, Arrival, ClientInfo, Material } from "../types.ts";

export interface NodeTlsListenOptions extends TlsListenOptions {
  /** The CA whose clients are accepted, PEM; without it, clients need no certificate. */
  readonly clientCa: string | undefined;
  /** The accepted common names; if both lists are empty, every certificate of the CA is accepted. */
  readonly allowCn: readonly string[];
  /** The accepted subject alternative names, such as `DNS:a.example`. */
  readonly allowSan: readonly string[];
}

/**
 * TLS connections through node:tls, for the features that the runtime's own listener lacks: client
 * certificates and the server name. It is slower, so it is used only for these.
 */
export class NodeTlsAcceptor implements Acceptor {
  /** It does not listen itself: it gets the connections of the TCP listener. */
  readonly #server: tls.Server;
  readonly #listener: Deno.TcpListener;
  #options: NodeTlsListenOptions;
  readonly #descriptors: Descriptors;
  /** Present if client certificates are requested. */
  readonly #namesIn: typeof certificateNames | undefined;
  readonly #accepted = new AcceptedCertificates();
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
      // The relay refuses the client itself, because node:tls gives no reason.
      rejectUnauthorized: false,
      ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
    });
    const { hostname, port, shared } = options;
    const descriptor = descriptors.next();
    try {
      // A passed socket replaces the one bound here.
      this.#listener = Deno.listen({
        ...{ hostname, port: shared ? 0 : port, tcpBacklog: BACKLOG },
      });
      if (shared) listenOnSharedPort(this.#listener, descriptor, options, descriptors);
    } catch (error) {
      if (error instanceof SessionctlError) throw error;
      throw cannotListen(options, error);
    }
    descriptors.sendAtOnce(descriptor);
    descriptors.deferAccept(descriptor);
  }

  /** @throws {SessionctlError} `ADDRESS_IN_USE`, `ACCESS_DENIED`, `IO_ERROR`. */
  static async listen(
    options: NodeTlsListenOptions,
    descriptors: Descriptors,
  ): Promise<NodeTlsAcceptor> {
    const { hostname, shared, clientCa } = options;
    const { certificateNames } = clientCa !== undefined
      ? await import("../credentials/certificate_names.ts")
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
    let conn: Deno.TcpConn;
    try {
      conn = await acceptNext(this.#listener);
    } catch (error) {
      if (this.#closed) return undefined;
      throw error;
    }
    const { remoteAddr: peer, localAddr: local } = conn;
    const stream = new NodeTlsStream(conn);
    const ends = { peer, localPort: local.port };
    const descriptor = this.#descriptors.acceptedTcp(ends);
    const side = new TlsSide(stream, { ...ends, hint: descriptor }, this.#descriptors);
    if (this.#closed) return void side.abort();
    let known: ClientInfo = {};
    const clientOf = (socket: tls.TLSSocket) => {
      known = serverNameOf(socket);
      return this.#clientOf(socket);
    };
    const opening = openingOf(conn, descriptor, this.#descriptors);
    const handshake = typeof opening === "function"
      ? opening
      : () => stream.handshake(this.#server, clientOf);
    return { side, peer, local, handshake, known: () => known };
  }

  /** @throws {SessionctlError} `NOT_ALLOWED` with the reason. */
  #clientOf(socket: tls.TLSSocket): ClientInfo {
    const server = serverNameOf(socket);
    const { clientCa, allowCn, allowSan } = this.#options;
    if (clientCa === undefined) return server;
    const namesIn = this.#namesIn;
    if (!namesIn) throw new SessionctlError("NOT_ALLOWED", "certificates cannot be read");
    const rules = { clientCa, allowCn, allowSan, namesIn };
    return { ...server, certificate: checkClient(socket, rules, this.#accepted) };
  }

  reload({ credentials, clientCa }: Pick<Material, "credentials" | "clientCa">): void {
    const isOtherCa = clientCa !== undefined && clientCa !== this.#options.clientCa;
    if (isOtherCa) this.#accepted.clear();
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

function serverNameOf(socket: tls.TLSSocket): ClientInfo {
  const { servername } = socket as { servername?: string | false | null };
  return servername ? { serverName: servername } : {};
}
