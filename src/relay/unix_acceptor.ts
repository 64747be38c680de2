import type { BoundSocket } from "../platform/mod.ts";
import { type Descriptors, UnixSide } from "./side.ts";
import type { Acceptor, Arrival } from "./types.ts";

/** Tells the descriptor of the connection that was accepted last; see `AcceptedDescriptors`. */
export interface AcceptedFinder {
  claim(): number | undefined;
  release(descriptor: number): void;
}

/** A Unix side that says when its descriptor is free again. */
class AcceptedSide extends UnixSide {
  readonly #release: () => void;

  constructor(conn: Deno.UnixConn, descriptor: number | undefined, descriptors: Descriptors, finder: AcceptedFinder) {
    super(conn, descriptor, descriptors);
    this.#release = () => {
      if (descriptor !== undefined) finder.release(descriptor);
    };
  }

  override close(): void {
    super.close();
    this.#release();
  }

  override abort(): void {
    super.abort();
    this.#release();
  }
}

/** Connections from a Unix socket; there is nothing to shake hands about. */
export class UnixAcceptor implements Acceptor {
  readonly #socket: BoundSocket;
  readonly #descriptors: Descriptors;
  readonly #finder: AcceptedFinder;
  #closed = false;

  constructor(socket: BoundSocket, descriptors: Descriptors, finder: AcceptedFinder) {
    this.#socket = socket;
    this.#descriptors = descriptors;
    this.#finder = finder;
  }

  get address(): string {
    return `unix:${this.#socket.path}`;
  }

  async accept(): Promise<Arrival | undefined> {
    try {
      const conn = await this.#socket.listener.accept();
      const side = new AcceptedSide(conn, this.#finder.claim(), this.#descriptors, this.#finder);
      return { side, peer: undefined, local: undefined, handshake: () => Promise.resolve({}) };
    } catch (error) {
      if (this.#closed) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }
}
