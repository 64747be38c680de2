import { ChannelHost, type ChannelHostOptions } from "./channel_host.ts";
import type { ChannelPeer } from "./peer.ts";
import { claimAcceptor } from "../streams/claimed_acceptor.ts";

/** The limits of a channel server, and its error handler. */
export interface ServeChannelsOptions extends Omit<ChannelHostOptions, "onPeer" | "forward"> {
  /** Maximum number of connections; at the limit, accepting pauses. 256 by default. */
  readonly maxConnections?: number;
  /** Called with errors that cannot be reported to a client. */
  onError?(error: unknown): void;
}

/** A channel server that listens. */
export interface ChannelListener extends Disposable {
  /** The socket that it listens on. */
  readonly socketPath: string;
  /** How many connections are open. */
  readonly connectionCount: number;
  /** Stops listening, ends every connection, and removes the socket. */
  close(): void;
}

/** The server half of `serveChannels` in `mod.ts`, which documents the errors. */
export async function serveChannels(
  socketPath: string,
  onPeer: (peer: ChannelPeer, context: string) => void,
  options: ServeChannelsOptions = {},
): Promise<ChannelListener> {
  const host = new ChannelHost({ ...options, onPeer });
  const acceptor = await claimAcceptor({
    socketPath,
    what: "the channel server's socket",
    maxConnections: options.maxConnections ?? 256,
    serve: (stream) => host.accept(stream),
    onError: (error) => options.onError?.(error),
  }, "choose another path");
  const close = () => {
    globalThis.removeEventListener("unload", close);
    acceptor.close();
    host.close();
  };
  globalThis.addEventListener("unload", close);
  return {
    socketPath,
    get connectionCount() {
      return host.connectionCount;
    },
    close,
    [Symbol.dispose]: close,
  };
}
