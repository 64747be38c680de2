import { type ByteStream, openUnixStream } from "../streams/byte_stream.ts";
import type { Channel, ServerChannel } from "../channel.ts";
import { ChannelClient } from "./channel_client.ts";
import { ChannelServer, type Forwarder } from "./channel_server.ts";
import { Connection, type ConnectionLimits } from "../wire/connection.ts";
import type { Disposable } from "../events.ts";
import { DIALECT, protocolError, Response } from "../wire/wire.ts";
import { WireReader } from "../wire/wire_reader.ts";
import type { WaitingBudget } from "../../http/server/mod.ts";
import type { SessionctlError } from "../../errors.ts";

/** Options of a {@link ChannelPeer}. */
export interface PeerOptions {
  /** Limits, with sizes in bytes and times in milliseconds; each has a default. */
  readonly limits?: Partial<ConnectionLimits>;
  /**
   * Forwards requests for channels that live elsewhere.
   *
   * @ignore
   */
  readonly forward?: Forwarder;
}

/**
 * One end of a connection. Each end may serve channels and call those of the other.
 * Source: microsoft/vscode `ipc.ts`, `IPCClient` and `IPCServer`.
 */
export class ChannelPeer implements Disposable {
  readonly #connection: Connection;
  /** Sends requests to the other end. */
  readonly client: ChannelClient;
  /** Serves requests of the other end. */
  readonly server: ChannelServer;

  /**
   * Starts the protocol on a connection.
   *
   * @param context The client's context string, at either end.
   */
  constructor(connection: Connection, context: string, options: PeerOptions = {}) {
    this.#connection = connection;
    this.client = new ChannelClient(connection);
    this.server = new ChannelServer(connection, {
      context,
      forward: options.forward,
      peerSpeaksOurs: () => this.client.peerSpeaksOurs,
    });
    connection.send((writer) => {
      writer.header(Response.Initialize);
      writer.value(DIALECT);
    });
  }

  /** Resolves with the reason when the connection has ended. */
  get ended(): Promise<SessionctlError> {
    return this.#connection.ended;
  }

  /** Returns a channel of the other end. This sends nothing; only calls and subscriptions do. */
  getChannel(name: string): Channel {
    return this.client.getChannel(name);
  }

  /** Serves a channel to the other end. */
  registerChannel(name: string, channel: ServerChannel): Disposable {
    return this.server.registerChannel(name, channel);
  }

  /**
   * Processes a message of the other end.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`.
   */
  handle(message: Uint8Array): void {
    const body = new WireReader(message);
    const header = body.header();
    if (header.type >= Response.Initialize && header.type <= Response.Event) {
      this.client.handle(header, body);
    } else this.server.handle(header, body);
  }

  /** Closes the connection. */
  dispose(): void {
    this.#connection.close();
  }

  /** Closes the connection, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Connects to a server of VS Code's channel protocol, such as the hub or VS Code itself.
 *
 * @param context The name of this client for the server. For the hub, {@link windowContext} creates
 * the context of a window.
 * @throws {SessionctlError} `SOCKET_MISSING`, `CONNECTION_REFUSED`, `BACKLOG_FULL`, `ACCESS_DENIED`.
 * @example
 * ```ts
 * using hub = await connectChannels(ipcSocket, "my-tool");
 * const sessions = await hub.getChannel("registry").call("list");
 * ```
 */
export async function connectChannels(
  socketPath: string,
  context: string,
  options: PeerOptions = {},
): Promise<ChannelPeer> {
  return startChannels(await openUnixStream(socketPath), context, options);
}

/** Starts the protocol, as the client, on a stream that is already open. */
export function startChannels(
  stream: ByteStream,
  context: string,
  options: PeerOptions = {},
): ChannelPeer {
  const connection = new Connection(stream, options.limits);
  connection.send((writer) => writer.value(context));
  const peer = new ChannelPeer(connection, context, options);
  connection.run((message) => peer.handle(message));
  return peer;
}

/** The maximum length of a client's context string, in bytes. */
const MAX_CONTEXT_BYTES = 8192;

/**
 * Starts the server end of a connection. Its first message is the client's context string.
 *
 * @param onPeer Called with the client's context string.
 * @returns the connection, so that the caller can limit how long that takes.
 */
export function acceptChannels(
  stream: ByteStream,
  options: {
    readonly limits?: Partial<ConnectionLimits>;
    readonly budget?: WaitingBudget;
    onPeer(connection: Connection, context: string): ChannelPeer;
  },
): Connection {
  const connection = new Connection(stream, options.limits, options.budget);
  let peer: ChannelPeer | undefined;
  connection.run((message) => {
    if (peer) return peer.handle(message);
    if (message.length > MAX_CONTEXT_BYTES) {
      throw protocolError("a context string that is too long");
    }
    const context = new WireReader(message).value();
    if (typeof context !== "string") throw protocolError("a context that is not a string");
    peer = options.onPeer(connection, context);
  });
  return connection;
}
