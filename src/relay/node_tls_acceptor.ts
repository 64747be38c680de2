import tls from "node:tls";
import type { Socket } from "node:net";
import { SessionctlError } from "../platform/mod.ts";
import type { certificateNames } from "./certificate_names.ts";
import { alternativeNameMatches } from "./name_patterns.ts";
import { NodeStream } from "./node_stream.ts";
import { type Descriptors, TlsSide } from "./side.ts";
import { cannotListen, claimPort, formatAddress, type TlsListenOptions } from "./tls_acceptor.ts";
import type { Acceptor, Arrival, ClientInfo, Material, PeerAddress } from "./types.ts";

export interface NodeTlsListenOptions extends TlsListenOptions {
  /** The only CA whose clients may come in, PEM; clients are not asked without. */
  readonly clientCa: string | undefined;
  /** Of those, the common names that may; all if both lists are empty. */
  readonly allowCn: readonly string[];
  /** Or the subject alternative names, as `DNS:a.example`. */
  readonly allowSan: readonly string[];
  /** For a handshake while the connection waits to be accepted here, in milliseconds. */
  readonly handshakeMs: number;
}

/** A connection whose handshake is under way. */
interface Shaking {
  readonly socket: Socket;
  readonly done: PromiseWithResolvers<ClientInfo>;
  readonly stream: NodeStream;
}

const BACKLOG = 4096;
/**
 * node:tls cannot leave connections in the kernel's queue: so many wait here, while there
 * are as many as there may be; more are reset.
 */
const MAX_QUEUED = 512;

const keyOf = (socket: { remoteAddress?: string; remotePort?: number }) =>
  `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * TLS connections from node:tls, for what the runtime's own listener cannot do: ask
 * for client certificates, and tell the server name. Slower, so used for that alone.
 */
export class NodeTlsAcceptor implements Acceptor {
  readonly #server: tls.Server;
  #options: NodeTlsListenOptions;
  readonly #descriptors: Descriptors;
  readonly #shaking = new Map<string, Shaking>();
  readonly #handshakes = new WeakMap<Socket, PromiseWithResolvers<ClientInfo>>();
  readonly #queue: Arrival[] = [];
  #waiter: PromiseWithResolvers<Arrival | undefined> | undefined;
  #closed = false;
  /** There where names are asked for. */
  readonly #namesIn: typeof certificateNames | undefined;

  private constructor(
    options: NodeTlsListenOptions,
    descriptors: Descriptors,
    namesIn: typeof certificateNames | undefined,
  ) {
    this.#options = options;
    this.#namesIn = namesIn;
    this.#descriptors = descriptors;
    this.#server = tls.createServer({
      ...this.#secureContext(),
      requestCert: options.clientCa !== undefined,
      rejectUnauthorized: options.clientCa !== undefined,
      allowHalfOpen: true,
      pauseOnConnect: false,
      // Ours is the limit that frees the descriptor.
      handshakeTimeout: 2 ** 31 - 1,
      ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
    } as tls.TlsOptions);
    this.#server.on("connection", (socket: Socket) => this.#arrived(socket));
    this.#server.on("secureConnection", (socket: tls.TLSSocket) => this.#secured(socket));
    this.#server.on("tlsClientError", (error: Error, socket: tls.TLSSocket) => {
      // It has no address any more; under this name it has the connection that arrived.
      const { _parent } = socket as { _parent?: Socket };
      if (_parent) this.#handshakes.get(_parent)?.reject(error);
    });
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
    const acceptor = new NodeTlsAcceptor({ ...options, port }, descriptors, certificateNames);
    await new Promise<void>((resolve, reject) => {
      acceptor.#server.once("error", (error: Error) => {
        reject(cannotListen({ hostname, port }, error));
      });
      acceptor.#server.listen(
        { host: hostname, port, backlog: BACKLOG, reusePort: shared } as never,
        () => resolve(),
      );
    });
    return acceptor;
  }

  #secureContext(): tls.SecureContextOptions {
    const { credentials: { cert, key }, clientCa: ca } = this.#options;
    return { cert, key, minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) };
  }

  get address(): string {
    const { hostname, port } = this.#options;
    return formatAddress({ hostname, port });
  }

  accept(): Promise<Arrival | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const ready = this.#queue.shift();
    if (ready) return Promise.resolve(ready);
    this.#waiter = Promise.withResolvers();
    return this.#waiter.promise;
  }

  #arrived(socket: Socket): void {
    socket.setNoDelay(true);
    const peer: PeerAddress = { hostname: socket.remoteAddress!, port: socket.remotePort! };
    const local: PeerAddress = { hostname: socket.localAddress!, port: socket.localPort! };
    const ends = { peer, localPort: local.port };
    const stream = new NodeStream(socket, () => this.#descriptors.ofTcp(ends) === undefined);
    const done = Promise.withResolvers<ClientInfo>();
    done.promise.catch(() => {});
    this.#handshakes.set(socket, done);
    this.#shaking.set(keyOf(socket), { socket, done, stream });
    socket.once("close", () => {
      this.#settle(socket, peer)?.done.reject(new Error("the connection ended in the handshake"));
    });
    const side = new TlsSide(stream, ends, this.#descriptors);
    this.#deliver({ side, peer, local, handshake: () => done.promise });
  }

  #deliver(arrival: Arrival): void {
    if (this.#closed) return arrival.side.abort();
    if (!this.#waiter) return this.#enqueue(arrival);
    this.#waiter.resolve(arrival);
    this.#waiter = undefined;
  }

  /** Lets it wait; no longer than it may take to shake hands, unless it has done so. */
  #enqueue(arrival: Arrival): void {
    if (this.#queue.length >= MAX_QUEUED) return arrival.side.abort();
    this.#queue.push(arrival);
    const drop = () => {
      const at = this.#queue.indexOf(arrival);
      if (at < 0) return;
      this.#queue.splice(at, 1);
      arrival.side.abort();
    };
    const { handshakeMs } = this.#options;
    const timer = handshakeMs === Infinity ? undefined : setTimeout(drop, handshakeMs);
    arrival.handshake().catch(drop).finally(() => clearTimeout(timer));
  }

  #settle(
    socket: { remoteAddress?: string; remotePort?: number },
    peer?: PeerAddress,
  ): Shaking | undefined {
    const key = peer ? `${peer.hostname} ${peer.port}` : keyOf(socket);
    const shaking = this.#shaking.get(key);
    this.#shaking.delete(key);
    return shaking;
  }

  #secured(socket: tls.TLSSocket): void {
    const shaking = this.#settle(socket);
    if (!shaking) return void socket.destroy();
    shaking.stream.adopt(socket);
    try {
      this.#checkClient(socket);
      const { servername } = socket as unknown as { servername?: string | false };
      shaking.done.resolve(servername ? { serverName: servername } : {});
    } catch (error) {
      shaking.done.reject(error);
    }
  }

  /** @throws {SessionctlError} `NOT_ALLOWED`. */
  #checkClient(socket: tls.TLSSocket): void {
    const { clientCa, allowCn, allowSan } = this.#options;
    if (clientCa === undefined) return;
    const certificate = socket.getPeerCertificate();
    // `authorized` alone says nothing: it is also true when no certificate was asked for.
    if (!socket.authorized || !certificate?.subject) {
      throw new SessionctlError("NOT_ALLOWED", "the client shows no certificate of the CA");
    }
    if (allowCn.length + allowSan.length === 0) return;
    const { commonNames, alternativeNames } = this.#namesIn!(new Uint8Array(certificate.raw));
    // Of several, one reader takes the first, another the last.
    if (commonNames.length === 1 && allowCn.includes(commonNames[0]!)) return;
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
    this.#server.close();
    for (const arrival of this.#queue.splice(0)) arrival.side.abort();
    this.#waiter?.resolve(undefined);
    this.#waiter = undefined;
  }
}
