import type { WaitingBudget } from "../../http/server/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import type { Connection } from "../wire/connection.ts";
import { acceptChannels, ChannelPeer, type PeerOptions } from "./peer.ts";

/** Options of a {@link ChannelHost}. */
export interface ChannelHostOptions extends PeerOptions {
  /**
   * Counts what waits for all connections together; unbounded unless given.
   *
   * @ignore
   */
  readonly budget?: WaitingBudget;
  /** How long a client may take to say who it is, in milliseconds; 10,000 unless told. */
  readonly contextMs?: number;
  /** Called with each client that has said who it is, to register channels for it. */
  onPeer(peer: ChannelPeer, context: string): void;
}

/** The server's end of the channel protocol for many clients, whatever streams they come over. */
export class ChannelHost {
  readonly #options: ChannelHostOptions;
  readonly #connections = new Set<Connection>();

  /** Makes a host that has no connections yet. */
  constructor(options: ChannelHostOptions) {
    this.#options = options;
  }

  /** How many connections are open, those that have not said who they are included. */
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
