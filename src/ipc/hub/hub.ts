import type { WaitingBudget } from "../../http/server/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { checkVacantSocket } from "../../http/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import type { ChannelClient } from "../channels/channel_client.ts";
import type { Forwarder } from "../channels/channel_server.ts";
import { ChannelHost } from "../channels/channel_host.ts";
import type { ConnectionLimits } from "../wire/connection.ts";
import { disposable } from "../events.ts";
import type { ChannelPeer } from "../channels/peer.ts";
import { registryChannel, type RegistryService, serveRegistryChannel } from "./registry_channel.ts";
import { parseRoute, sessionOfContext } from "./route_name.ts";
import { hubChannel, type HubConnection } from "./hub_channel.ts";
import { Request, Response } from "../wire/wire.ts";

export interface HubOptions {
  readonly registry: RegistryService;
  readonly limits?: Partial<ConnectionLimits>;
  /** Counts what waits for all connections together; unbounded unless given. */
  readonly budget?: WaitingBudget;
  /** How long a connection may take to say who it is, in milliseconds; 10,000 unless told. */
  readonly contextMs?: number;
}

interface Client {
  readonly id: number;
  readonly context: string;
  readonly session: string | undefined;
  readonly connectedAt: number;
  readonly peer: ChannelPeer;
}

/** What a server grants a peer: less than one client grants another. */
const HUB_LIMITS: Partial<ConnectionLimits> = { pauseBytes: 8 * 1024 * 1024 };

/**
 * Where clients of the channel protocol meet: it serves the channels `registry` and
 * `hub` itself, and passes requests for `CHANNEL@SESSION` on to the window of that
 * session, answers, events, errors and cancellation included.
 */
export class Hub {
  readonly #clients = new Map<number, Client>();
  readonly #host: ChannelHost;
  readonly #windowLeft: (session: string) => void;
  readonly #registry;
  readonly #hub;
  #lastId = 0;
  #closed = false;

  constructor(options: HubOptions) {
    this.#host = new ChannelHost({
      limits: { ...HUB_LIMITS, ...options.limits },
      budget: options.budget,
      contextMs: options.contextMs,
      forward: this.#forward,
      onPeer: (peer, context) => this.#welcome(peer, context),
    });
    this.#windowLeft = (session) => options.registry.windowLeft?.(session);
    this.#registry = registryChannel.channel(
      serveRegistryChannel(options.registry, () => options.budget?.turn()),
    );
    this.#hub = hubChannel.channel({ connections: () => Promise.resolve(this.connections()) });
  }

  /** How many connections are open, those that have not said who they are included. */
  get connectionCount(): number {
    return this.#host.connectionCount;
  }

  connections(): HubConnection[] {
    return [...this.#clients.values()].map(({ id, context, session, connectedAt, peer }) => ({
      id,
      context,
      session: session ?? null,
      connectedAt,
      openRequests: peer.server.openRequests,
    }));
  }

  /** Serves one connection; resolves when it has ended. */
  accept(stream: ByteStream): Promise<void> {
    return this.#host.accept(stream);
  }

  #welcome(peer: ChannelPeer, context: string): void {
    peer.registerChannel(registryChannel.name, this.#registry);
    peer.registerChannel(hubChannel.name, this.#hub);
    const id = ++this.#lastId;
    const session = sessionOfContext(context);
    this.#clients.set(id, { id, context, session, connectedAt: Date.now(), peer });
    peer.ended.then(() => {
      this.#clients.delete(id);
      if (this.#closed || session === undefined) return;
      if (!this.hasWindow(session)) this.#windowLeft(session);
    });
  }

  readonly #forward: Forwarder = (request, arg, reply) => {
    const route = parseRoute(request.channel);
    if (!route) return undefined;
    const client = this.#windowOf(route.session);
    if (!client) {
      reply.error(notConnected(route.session));
      return disposable(() => {});
    }
    const id = client.forward({ ...request, channel: route.channel }, arg, {
      onResponse(type, body) {
        const raw = body.rest;
        // What is invalid goes no further than here.
        body.value();
        const over = reply.raw(type, raw);
        // It ended because the subscriber fell behind: the window need not go on.
        if (over && type === Response.Event) queueMicrotask(stop);
        return over && type !== Response.Event;
      },
      onEnd: () => reply.error(windowGone(route.session)),
    });
    const stop = () =>
      client.cancel(id, request.type === Request.Call ? Request.Cancel : Request.Dispose);
    return disposable(stop);
  };

  /** Whether a window of this session is connected. */
  hasWindow(session: string): boolean {
    return this.#windowOf(session) !== undefined;
  }

  /** The client of a session's window that connected last: a reloaded window's, not its ghost's. */
  #windowOf(session: string): ChannelClient | undefined {
    let found: Client | undefined;
    for (const client of this.#clients.values()) {
      if (client.session === session) found = client;
    }
    return found?.peer.client;
  }

  /** Ends every connection. */
  close(): void {
    this.#closed = true;
    this.#host.close();
  }
}

function notConnected(session: string): SessionctlError {
  return new SessionctlError("WINDOW_NOT_CONNECTED", `no window of ${session} is connected`);
}

function windowGone(session: string): SessionctlError {
  return new SessionctlError("PEER_GONE", `the window of ${session} is gone`);
}

export interface ServeHubOptions extends HubOptions {
  readonly socketPath: string;
  /** Connections at once; at the limit, accepting pauses. 4096 unless told. */
  readonly maxConnections?: number;
  /** Told of what no client can be told. */
  onError(error: unknown): void;
}

/** A hub that listens. */
export interface RunningHub {
  readonly hub: Hub;
  readonly socketPath: string;
  /** Stops listening and ends every connection. */
  close(): void;
}

/**
 * Serves the hub on a Unix socket. Whoever calls this holds the registry's lock, so that
 * there is one only.
 *
 * @throws {SessionctlError} as `checkVacantSocket` and `bindUnixSocket`.
 */
export async function serveHub(options: ServeHubOptions): Promise<RunningHub> {
  await checkVacantSocket(options.socketPath, "choose another directory for the registry");
  const { StreamAcceptor } = await import("../streams/stream_acceptor.ts");
  const hub = new Hub(options);
  const acceptor = await StreamAcceptor.start({
    socketPath: options.socketPath,
    what: "the hub's socket",
    maxConnections: options.maxConnections ?? 4096,
    serve: (stream) => hub.accept(stream),
    onError: options.onError,
  });
  const close = () => {
    acceptor.close();
    hub.close();
  };
  return { hub, socketPath: options.socketPath, close };
}
