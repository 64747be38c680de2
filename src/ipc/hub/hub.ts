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
  /** Counts the unsent bytes of all connections together; unlimited by default. */
  readonly budget?: WaitingBudget;
  /** Time limit of a client's context string, in milliseconds; 10,000 by default. */
  readonly contextMs?: number;
}

interface Client {
  readonly id: number;
  readonly context: string;
  readonly session: string | undefined;
  readonly connectedAt: number;
  readonly peer: ChannelPeer;
}

/** The hub's limits for a peer, stricter than those between two clients. */
const HUB_LIMITS: Partial<ConnectionLimits> = { pauseBytes: 8 * 1024 * 1024 };

/**
 * The meeting point of clients of the channel protocol. It serves the channels `registry` and `hub`
 * itself. It forwards requests for `CHANNEL@SESSION` to the window of that session, and passes back
 * answers, events, errors and cancellations.
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

  /** Number of open connections, including those whose context string has not arrived. */
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
        // Parsed here, so that invalid data is not passed on.
        body.value();
        const over = reply.raw(type, raw);
        // The subscription ended because the subscriber fell behind; the window need not continue.
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

  /**
   * The latest client of a session's window: that of a reloaded window, not of its former instance.
   */
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
  /** Maximum number of connections; at the limit, accepting pauses. 4096 by default. */
  readonly maxConnections?: number;
  /** Called with errors that cannot be reported to a client. */
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
 * Serves the hub on a Unix socket. The caller must hold the registry's lock, so that there is only
 * one hub.
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
