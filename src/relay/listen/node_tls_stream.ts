import type tls from "node:tls";
import { closeQuietly, type DuplexStream } from "../data/side.ts";
import { nextTurn, TlsWire } from "./tls_wire.ts";

/**
 * The server's end of a TLS connection that node:tls encrypts and decrypts.
 *
 * The TCP connection stays the runtime's own. A socket that node:tls reads by itself loses
 * the client's end behind bulk data, takes a reset for a clean end, and goes on reading
 * although nobody takes the bytes (seen with Deno 2.9).
 */
export class NodeTlsStream implements DuplexStream {
  readonly #conn: Deno.TcpConn;
  readonly #wire: TlsWire;
  #tls: tls.TLSSocket | undefined;
  /** Decrypted, but not read yet: at most what one read of the connection gave. */
  readonly #plain: Uint8Array[] = [];
  #pulling = false;
  /** Whether the client has sent close_notify. */
  #ended = false;
  /** Whether the client has ended its TCP connection. */
  #cut = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  readonly #writers = new Set<(error: unknown) => void>();

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#wire = new TlsWire(conn);
  }

  /**
   * Shakes hands as `server` says.
   *
   * @param check Says what is to be known of the client, or throws why it may not come in.
   * @returns what `check` returned.
   * @throws what `check` threw, or why the handshake failed.
   */
  async handshake<T>(server: tls.Server, check: (tls: tls.TLSSocket) => T): Promise<T> {
    // node:tls is not asked before the first byte: a connection costs it more than us.
    this.#cut = !(await this.#wire.pull());
    if (this.#cut) throw endedEarly();
    let passed: { readonly value: T } | undefined;
    shakeHands(server, this.#wire, {
      secured: (socket) => {
        try {
          passed = { value: check(socket) };
          this.#secured(socket);
        } catch (error) {
          this.#fail(error);
          this.#wire.release();
        }
      },
      failed: (error) => this.#fail(error),
    });
    while (passed === undefined) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#cut) throw endedEarly();
      await this.#more();
    }
    return passed.value;
  }

  #secured(socket: tls.TLSSocket): void {
    this.#tls = socket;
    this.#wire.keep();
    socket.on("data", (bytes: Uint8Array) => {
      this.#plain.push(bytes);
      this.#awake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#awake();
    });
    socket.on("error", (error: Error) => this.#fail(error));
    socket.on("close", () => {
      if (!this.#ended) this.#fail(new Deno.errors.ConnectionReset("the connection was closed"));
    });
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    for (const reject of this.#writers) reject(this.#error);
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Reads from the connection, unless a read is under way, and waits until something happened. */
  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (!this.#pulling) this.#pull();
    return promise;
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      if (!(await this.#wire.pull())) {
        // What came before may still be on its way through node:tls.
        await nextTurn();
        this.#cut = true;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#pulling = false;
    this.#awake();
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const [chunk] = this.#plain;
      if (chunk !== undefined) return this.#take(chunk, into);
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return null;
      if (this.#cut) {
        throw new Deno.errors.UnexpectedEof("the client ended the connection without close_notify");
      }
      await this.#more();
    }
  }

  #take(chunk: Uint8Array, into: Uint8Array): number {
    const count = Math.min(into.length, chunk.length);
    into.set(chunk.subarray(0, count));
    if (count < chunk.length) this.#plain[0] = chunk.subarray(count);
    else this.#plain.shift();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    // The caller's buffer is used again only after this: no copy is needed.
    await this.#do((socket, done) => socket.write(bytes, done));
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await this.#do((socket, done) => socket.end(done));
    // node:tls counts close_notify as sent before it has given it to the wire.
    await nextTurn();
    await this.#wire.flush();
    await this.#conn.closeWrite();
  }

  /** Has node:tls do something; an end of the connection ends the wait for it. */
  async #do(
    action: (socket: tls.TLSSocket, done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    const socket = this.#tls;
    if (socket === undefined) throw new Deno.errors.NotConnected("before the handshake");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writers.add(reject);
    action(socket, (error) => error ? reject(error) : resolve());
    await promise.finally(() => this.#writers.delete(reject));
  }

  close(): void {
    this.#fail(new Deno.errors.Interrupted("the connection was closed"));
    closeQuietly(this.#conn);
    this.#wire.release();
    this.#tls?.destroy();
  }
}

/** What is told of one connection's handshake, at once and within the call that brought its end. */
interface HandshakeEvents {
  secured(socket: tls.TLSSocket): void;
  failed(error: Error): void;
}

/**
 * Has `server` shake hands over one wire. node:tls tells its server how a handshake ended,
 * but not whose it was; so each wire has a server of its own that inherits from the one.
 */
function shakeHands(server: tls.Server, wire: TlsWire, events: HandshakeEvents): void {
  const emit = (event: string, subject: unknown) => {
    if (event === "secureConnection") events.secured(subject as tls.TLSSocket);
    else if (event === "tlsClientError") events.failed(subject as Error);
    return true;
  };
  const own: tls.Server = Object.create(server, {
    emit: { value: emit },
    // Its timer would outlive the connection and keep it in memory (14 KB). The relay has
    // a limit of its own.
    _handshakeTimeout: { value: 0 },
  });
  const { emit: hand }: { emit(event: string, wire: TlsWire): boolean } = server;
  hand.call(own, "connection", wire);
}

function endedEarly(): Error {
  return new Deno.errors.UnexpectedEof("the connection ended during the handshake");
}
