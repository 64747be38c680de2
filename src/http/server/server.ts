import type { BoundSocket, SocketConn } from "../../platform/mod.ts";
import { ServerConnection } from "./server_connection.ts";
import type { DescriptorFinder, HttpServerOptions } from "./types.ts";

/** Interval of checking time limits, in milliseconds; a limit may be exceeded by that much. */
const SWEEP_MS = 500;
const RETRY_ACCEPT_MS = 50;

/**
 * An HTTP/1.1 server on a Unix socket with limits that `Deno.serve` does not have: for endless
 * heads, slow bodies, idle peers, peers that do not read, and the number of connections.
 * docs/architecture.md gives its costs.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  #socket: BoundSocket;
  readonly #connections = new Set<ServerConnection>();
  readonly #descriptors: DescriptorFinder | undefined;
  #sweeper: number | undefined;
  #closing = false;
  #closed: Promise<void> | undefined;
  #room: (() => void) | undefined;
  readonly #accepting: Promise<void>;

  /** @param descriptors Finds the descriptors of accepted connections, where the platform can. */
  constructor(options: HttpServerOptions, descriptors?: DescriptorFinder) {
    this.#options = options;
    this.#socket = options.socket;
    this.#descriptors = descriptors;
    this.#accepting = this.#acceptAll();
  }

  /** Number of open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closing) {
      const socket = this.#socket;
      if (this.#connections.size >= this.#options.limits.connections) {
        await this.#makeRoom();
        continue;
      }
      try {
        const conn = await socket.listener.accept();
        if (this.#closing) conn.close();
        else this.#start(conn);
      } catch (error) {
        if (this.#closing) return;
        if (socket !== this.#socket) continue;
        // Most likely EMFILE: connections wait in the kernel's queue until a descriptor is free.
        this.#options.onError(error);
        await this.#makeRoom();
      }
    }
  }

  #start(conn: SocketConn): void {
    const descriptor = this.#descriptors?.claim();
    const connection = new ServerConnection(conn, this.#options, () => {
      // Closing alone does not end a blocked write.
      if (descriptor !== undefined) this.#descriptors?.shutdown(descriptor);
      conn.close();
      // Immediately, because the next connection may get this number before this one's end is
      // reported.
      if (descriptor !== undefined) this.#descriptors?.release(descriptor);
    });
    this.#connections.add(connection);
    this.#sweeper ??= every(SWEEP_MS, () => this.#sweep());
    connection.run().catch(this.#options.onError).finally(() => {
      this.#connections.delete(connection);
      this.#room?.();
      if (this.#connections.size === 0) {
        clearInterval(this.#sweeper);
        this.#sweeper = undefined;
      }
    });
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.enforceDeadline(now);
  }

  /**
   * Closes the connection that has waited for its peer longest, and waits until a connection has
   * ended.
   */
  async #makeRoom(): Promise<void> {
    const now = performance.now();
    let longest: ServerConnection | undefined;
    let evictableSince = now;
    for (const connection of this.#connections) {
      const since = connection.evictableFrom();
      if (since >= evictableSince) continue;
      longest = connection;
      evictableSince = since;
    }
    const gone = Promise.withResolvers<void>();
    this.#room = gone.resolve;
    const retry = setTimeout(gone.resolve, RETRY_ACCEPT_MS);
    longest?.kill();
    await gone.promise;
    clearTimeout(retry);
    this.#room = undefined;
  }

  /** Listens on another socket from now on; open connections stay. */
  moveTo(socket: BoundSocket): void {
    const former = this.#socket;
    this.#socket = socket;
    // Closed even after an error, because that makes the accept loop turn to the new socket.
    try {
      this.#descriptors?.listenAt(socket.boundPath);
    } finally {
      former.close();
    }
  }

  /**
   * Stops accepting, lets requests in progress finish for `graceMs` milliseconds, ends everything
   * else immediately, and frees the socket.
   */
  close(graceMs: number): Promise<void> {
    return this.#closed ??= this.#close(graceMs);
  }

  async #close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#socket.close();
    this.#room?.();
    await this.#accepting;
    for (const connection of this.#connections) connection.finish();
    const until = performance.now() + graceMs;
    while (this.#connections.size > 0 && performance.now() < until) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - performance.now());
        this.#room = () => (clearTimeout(timer), resolve());
      });
    }
    for (const connection of this.#connections) connection.kill();
    clearInterval(this.#sweeper);
  }
}

// The runtimes disagree on the return type of setInterval; both accept it back as a number.
function every(ms: number, action: () => void): number {
  return setInterval(action, ms) as unknown as number;
}
