import { messageOf, SessionctlError } from "../../errors.ts";
import type { PassedPort } from "../../platform/service_manager/mod.ts";
import { openingOf } from "./plain_http.ts";
import { type Descriptors, TlsSide } from "../data/side.ts";
import type { Acceptor, Arrival, Credentials, PeerAddress } from "../types.ts";

/** Time for which a listener with replaced credentials still accepts queued connections, in milliseconds. */
const RETIRE_AFTER_MS = 1000;
export const BACKLOG = 4096;

export interface TlsListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** Application protocols offered; none if empty. */
  readonly alpn: readonly string[];
  /** Whether other processes of this relay listen on the same port. */
  readonly shared: boolean;
  /** Number of processes that share the clients by their address; 1 if they do not. */
  readonly clientsAmong: number;
  /** The socket at this address, bound by the service manager. */
  readonly passed?: PassedPort;
}

interface Listening {
  readonly listener: Deno.TlsListener;
  readonly descriptor: number;
  busy: boolean;
}

/** Formats an address in the form of `--listen`. */
export function formatAddress({ hostname, port }: PeerAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * Converts an error of listening on a TCP address.
 *
 * @throws {SessionctlError} `ADDRESS_IN_USE`, `ACCESS_DENIED`, `IO_ERROR`.
 */
export function cannotListen(address: PeerAddress, error: unknown): SessionctlError {
  const where = formatAddress(address);
  if (error instanceof Deno.errors.AddrInUse) {
    return new SessionctlError("ADDRESS_IN_USE", `${where} is in use by another program`, {
      hint: "choose another port, or stop the other program",
      cause: error,
    });
  }
  const code = error instanceof Deno.errors.PermissionDenied ? "ACCESS_DENIED" : "IO_ERROR";
  return new SessionctlError(code, `cannot listen on ${where}: ${messageOf(error)}`, {
    cause: error,
  });
}

/**
 * Checks that a port is free, which a listener with a shared port does not notice, and finds the
 * port if the system chooses it.
 */
export function claimPort(hostname: string, port: number): number {
  try {
    const probe = Deno.listen({ hostname, port });
    const { port: chosen } = probe.addr as Deno.NetAddr;
    probe.close();
    return chosen;
  } catch (error) {
    throw cannotListen({ hostname, port }, error);
  }
}

/**
 * Makes a listener listen on this address with a port that other listeners may share (Linux).
 *
 * @param listener A listener on the same host and any port; it is closed on failure.
 * @throws {SessionctlError} `ADDRESS_IN_USE`.
 */
export function listenOnSharedPort(
  listener: Deno.Listener,
  descriptor: number,
  { hostname, port, clientsAmong }: Pick<TlsListenOptions, "hostname" | "port" | "clientsAmong">,
  descriptors: Descriptors,
): void {
  if (!descriptors.sharePort(descriptor, port, BACKLOG)) {
    listener.close();
    throw cannotListen({ hostname, port }, new Deno.errors.AddrInUse());
  }
  if (clientsAmong > 1) descriptors.steerByClient(descriptor, clientsAmong);
}

/** TLS connections from the runtime's own listener. */
export class TlsAcceptor implements Acceptor {
  readonly #options: TlsListenOptions;
  readonly #descriptors: Descriptors;
  readonly #local: PeerAddress;
  readonly #queue: Arrival[] = [];
  #listening: Listening[];
  #waiter: PromiseWithResolvers<Arrival | undefined> | undefined;
  #retiring: number | undefined;
  #closed = false;

  /** @throws {SessionctlError} `ADDRESS_IN_USE`, `ACCESS_DENIED`, `IO_ERROR`. */
  constructor(options: TlsListenOptions, descriptors: Descriptors) {
    const isOurs = options.shared || options.passed !== undefined;
    const port = isOurs ? options.port : claimPort(options.hostname, options.port);
    this.#options = { ...options, port };
    this.#descriptors = descriptors;
    this.#listening = [this.#listen(options.credentials)];
    this.#local = { hostname: options.hostname, port };
  }

  get address(): string {
    return formatAddress(this.#local);
  }

  #listen({ cert, key }: Credentials): Listening {
    const { alpn, passed, hostname, port } = this.#options;
    // A reload listens again on the same port.
    const shares = passed === undefined && Deno.build.os === "linux";
    const descriptor = this.#descriptors.next();
    try {
      const listener = Deno.listenTls({
        // A passed socket replaces the one bound here.
        hostname: passed ? "127.0.0.1" : hostname,
        port: passed || shares ? 0 : port,
        cert,
        key,
        ...(alpn.length > 0 ? { alpnProtocols: [...alpn] } : {}),
        ...{ tcpBacklog: BACKLOG },
      });
      passed?.adopt(descriptor);
      if (shares) listenOnSharedPort(listener, descriptor, this.#options, this.#descriptors);
      // Otherwise a response waits 40 ms for the acknowledgement of the session tickets.
      this.#descriptors.sendAtOnce(descriptor);
      // A connection arrives with its first bytes, which distinguish HTTP from TLS.
      this.#descriptors.deferAccept(descriptor);
      return { listener, descriptor, busy: false };
    } catch (error) {
      if (error instanceof SessionctlError) throw error;
      throw cannotListen({ hostname, port }, error);
    }
  }

  accept(): Promise<Arrival | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const ready = this.#queue.shift();
    if (ready) return Promise.resolve(ready);
    this.#waiter = Promise.withResolvers();
    const { promise } = this.#waiter;
    for (const listening of this.#listening) this.#poke(listening);
    return promise;
  }

  #poke(listening: Listening): void {
    if (listening.busy) return;
    listening.busy = true;
    listening.listener.accept().then((conn) => {
      listening.busy = false;
      this.#deliver(this.#arrival(conn));
    }, (error) => {
      listening.busy = false;
      if (!this.#listening.includes(listening)) return;
      this.#waiter?.reject(error);
      this.#waiter = undefined;
    });
  }

  #deliver(arrival: Arrival): void {
    if (this.#closed) return arrival.side.abort();
    if (!this.#waiter) return void this.#queue.push(arrival);
    this.#waiter.resolve(arrival);
    this.#waiter = undefined;
  }

  #arrival(conn: Deno.TlsConn): Arrival {
    const peer = conn.remoteAddr;
    const ends = { peer, localPort: conn.localAddr.port };
    const descriptor = this.#descriptors.acceptedTcp(ends);
    const side = new TlsSide(conn, { ...ends, hint: descriptor }, this.#descriptors);
    const arrival = { side, peer, local: conn.localAddr };
    const opening = openingOf(conn, descriptor, this.#descriptors);
    if (typeof opening === "function") return { ...arrival, handshake: opening };
    const handshake = async () => {
      await conn.handshake();
      return {};
    };
    return { ...arrival, handshake, admitsAll: opening === "tls" };
  }

  /**
   * Starts a listener with the new credentials and then closes the old one. Closing a listener
   * resets the connections in its queue. On Linux the kernel is therefore first told to give new
   * connections to the new listener, and the old queue is emptied.
   */
  reload({ credentials }: { readonly credentials?: Credentials }): void {
    if (credentials === undefined) return;
    // A listener for new credentials would accept new connections again.
    if (this.#closed) return;
    if (Deno.build.os !== "linux") {
      this.#retire(this.#listening);
      this.#listening = [this.#listen(credentials)];
    } else {
      // First, because the kernel fills a gap in the order of listeners with the last one.
      this.#retire(this.#listening.slice(0, -1));
      const old = this.#listening.at(-1)!;
      const fresh = this.#listen(credentials);
      this.#listening = [old, fresh];
      const { shared, passed } = this.#options;
      if (!shared && !passed && this.#descriptors.steer(fresh.descriptor, 1)) {
        clearTimeout(this.#retiring);
        this.#retiring = setTimeout(
          () => this.#retire([old]),
          RETIRE_AFTER_MS,
        ) as unknown as number;
      } else this.#retire([old]);
    }
    if (this.#waiter) { for (const listening of this.#listening) this.#poke(listening); }
  }

  #retire(retired: readonly Listening[]): void {
    this.#listening = this.#listening.filter((one) => !retired.includes(one));
    for (const { listener, descriptor } of retired) {
      // While an accept is pending, closing takes effect later; the order above needs it now.
      // A passed socket has other references, the relay's and the manager's, and stays open.
      if (!this.#options.passed) this.#descriptors.shutdown(descriptor);
      listener.close();
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retiring);
    this.#retire(this.#listening);
    for (const arrival of this.#queue.splice(0)) arrival.side.abort();
    this.#waiter?.resolve(undefined);
    this.#waiter = undefined;
  }
}
