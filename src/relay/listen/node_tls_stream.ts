import type tls from "node:tls";
import { closeQuietly, type DuplexStream } from "../data/side.ts";
import { nextTurn, TlsWire } from "./tls_wire.ts";

/**
 * The server's end of a TLS connection that node:tls encrypts and decrypts.
 *
 * The runtime keeps the TCP connection. A socket that node:tls reads itself loses the client's end
 * after bulk data, mistakes a reset for a clean end, and keeps reading although the bytes are not
 * taken (seen with Deno 2.9).
 */
export class NodeTlsStream implements DuplexStream {
  readonly #conn: Deno.TcpConn;
  readonly #wire: TlsWire;
  #tls: tls.TLSSocket | undefined;
  /** Decrypted bytes that have not been read: at most those of one read of the connection. */
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
   * Performs the handshake with the settings of `server`.
   *
   * @param check Returns the facts about the client, or throws the reason to refuse it.
   * @returns the result of `check`.
   * @throws the error of `check`, or the reason why the handshake failed.
   */
  async handshake<T>(server: tls.Server, check: (tls: tls.TLSSocket) => T): Promise<T> {
    // node:tls gets the connection with its first byte, because it uses more memory for it.
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

  /** Reads from the connection, unless a read is in progress, and waits for the next event. */
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
        // Earlier bytes may still be in node:tls.
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
    // The caller reuses its buffer only after this, so no copy is needed.
    await this.#do((socket, done) => socket.write(bytes, done));
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await this.#do((socket, done) => socket.end(done));
    // node:tls reports close_notify as sent before it has written it to the wire.
    await nextTurn();
    await this.#wire.flush();
    await this.#conn.closeWrite();
  }

  /** Waits for an operation of node:tls, or for the end of the connection. */
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

/** Callbacks for one connection's handshake, called synchronously at its end. */
interface HandshakeEvents {
  secured(socket: tls.TLSSocket): void;
  failed(error: Error): void;
}

/**
 * Performs a handshake of `server` over one wire. node:tls reports the end of a handshake to its
 * server without the connection, so each wire has its own server that inherits from `server`.
 */
function shakeHands(server: tls.Server, wire: TlsWire, events: HandshakeEvents): void {
  const emit = (event: string, subject: unknown) => {
    if (event === "secureConnection") events.secured(subject as tls.TLSSocket);
    else if (event === "tlsClientError") events.failed(subject as Error);
    return true;
  };
  const own: tls.Server = Object.create(server, {
    emit: { value: emit },
    // Its timer would outlive the connection and keep it in memory (14 KB). The relay has its own
    // time limit.
    _handshakeTimeout: { value: 0 },
  });
  const { emit: hand }: { emit(event: string, wire: TlsWire): boolean } = server;
  hand.call(own, "connection", wire);
}

function endedEarly(): Error {
  return new Deno.errors.UnexpectedEof("the connection ended during the handshake");
}
