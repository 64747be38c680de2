import type { BoundSocket } from "../../platform/mod.ts";
import { claimUnixSocket } from "./claimed_socket.ts";
import { type Descriptors, UnixSide } from "../data/side.ts";
import type { Acceptor, Arrival } from "../types.ts";

/** Returns the descriptor of the last accepted connection; see `AcceptedDescriptors`. */
export interface AcceptedFinder {
  expect(): void;
  claim(): number | undefined;
  release(descriptor: number): void;
}

/** A Unix side that reports when its descriptor is free again. */
class AcceptedSide extends UnixSide {
  readonly #release: () => void;

  constructor(
    conn: Deno.UnixConn,
    descriptor: number | undefined,
    descriptors: Descriptors,
    finder: AcceptedFinder,
  ) {
    super(conn, descriptor, descriptors);
    let held = descriptor;
    // Only once: later the number may belong to another connection.
    this.#release = () => {
      if (held !== undefined) finder.release(held);
      held = undefined;
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

/** Connections from a Unix socket, which have no handshake. */
class UnixAcceptor implements Acceptor {
  readonly #socket: BoundSocket<Deno.UnixListener>;
  readonly #descriptors: Descriptors;
  readonly #finder: AcceptedFinder;
  #closed = false;

  constructor(
    socket: BoundSocket<Deno.UnixListener>,
    descriptors: Descriptors,
    finder: AcceptedFinder,
  ) {
    this.#socket = socket;
    this.#descriptors = descriptors;
    this.#finder = finder;
  }

  get address(): string {
    return `unix:${this.#socket.path}`;
  }

  async accept(): Promise<Arrival | undefined> {
    try {
      this.#finder.expect();
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

/**
 * Listens on a Unix socket of this user; see {@link claimUnixSocket}.
 *
 * @throws {SessionctlError} the errors of {@link claimUnixSocket}.
 */
export async function listenUnix(path: string, descriptors: Descriptors): Promise<UnixAcceptor> {
  const { AcceptedDescriptors } = await import("../../platform/ffi/accepted_descriptors.ts");
  const socket = await claimUnixSocket(path, "--listen");
  return new UnixAcceptor(socket, descriptors, new AcceptedDescriptors(socket.boundPath));
}
