import type { WaitingBudget } from "../../http/server/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import type { Connection } from "../wire/connection.ts";
import { acceptChannels, ChannelPeer, type PeerOptions } from "./peer.ts";

/** Options of a {@link ChannelHost}. */
export interface ChannelHostOptions extends PeerOptions {
  /**
   * Counts the unsent bytes of all connections together; unlimited by default.
   *
   * @ignore
   */
  readonly budget?: WaitingBudget;
  /** Time limit of a client's context string, in milliseconds; 10,000 by default. */
  readonly contextMs?: number;
  /** Called with each client after its context string has arrived, to register channels for it. */
  onPeer(peer: ChannelPeer, context: string): void;
}

/** The server end of the channel protocol for many clients, over any kind of stream. */
export class ChannelHost {
  readonly #options: ChannelHostOptions;
  readonly #connections = new Set<Connection>();

  /** Creates a host without connections. */
  constructor(options: ChannelHostOptions) {
    this.#options = options;
  }

  /** Number of open connections, including those whose context string has not arrived. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Serves one connection; resolves when it has ended. */
  async accept(stream: ByteStream): Promise<void> {
    const { contextMs = 10_000, limits, budget, onPeer } = this.#options;
    const deadline = setTimeout(() => connection.close(), contextMs);
    const connection = acceptChannels(stream, {
      limits,
      budget,
      onPeer: (connection, context) => {
        clearTimeout(deadline);
        const peer = new ChannelPeer(connection, context, this.#options);
        onPeer(peer, context);
        return peer;
      },
    });
    this.#connections.add(connection);
    await connection.ended;
    clearTimeout(deadline);
    this.#connections.delete(connection);
  }

  /** Ends every connection. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
