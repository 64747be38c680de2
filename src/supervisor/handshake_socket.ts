import { join } from "@std/path/posix";
import { acceptChannels, ChannelPeer, type Connection, toByteStream } from "../ipc/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  bindUnixSocket,
  type BoundSocket,
  ensurePrivateDirectory,
  runtimeDirectories,
} from "../platform/mod.ts";
import { removeDeadSockets } from "../http/mod.ts";
import { childContext } from "./protocol.ts";

/**
 * Maximum number of connections while a child is awaited; those that are not the child are closed.
 */
const MAX_CONNECTIONS = 8;
/** The names of these sockets. */
const NAME = /^child-[0-9a-f-]+\.sock$/;

/**
 * The private socket on which a parent waits for one child. It exists only until that child has
 * connected; the connection stays open.
 */
export class HandshakeSocket {
  readonly path: string;
  readonly #socket: BoundSocket<Deno.UnixListener>;
  readonly #connections = new Set<Connection>();
  readonly #onPeer: (peer: ChannelPeer) => void;
  #expectedPid: number | undefined;
  #closed = false;

  /**
   * @param onPeer Called with the child's connection, before any of its requests is answered.
   * @param directories The possible directories; the first usable one counts.
   * @throws {SessionctlError} as `bindUnixSocket`, if no runtime directory can be used.
   */
  constructor(
    onPeer: (peer: ChannelPeer) => void,
    directories: readonly string[] = runtimeDirectories(),
  ) {
    this.#onPeer = onPeer;
    this.#socket = bindSomewhere(directories);
    this.path = this.#socket.path;
    this.#acceptAll();
  }

  /** Lets the child with this pid connect. Call this right after starting it. */
  expect(pid: number): void {
    this.#expectedPid = pid;
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      try {
        const conn = await this.#socket.listener.accept();
        if (this.#closed || this.#connections.size >= MAX_CONNECTIONS) conn.close();
        else this.#accept(conn);
      } catch {
        // Without a free descriptor nobody can connect, and the child's time limit applies.
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  #accept(conn: Deno.Conn): void {
    const connection = acceptChannels(toByteStream(conn), {
      onPeer: (connection, context) => {
        if (this.#closed || context !== childContext(this.#expectedPid ?? 0)) {
          throw new SessionctlError("NOT_ALLOWED", "another process than the child connected");
        }
        this.#connections.delete(connection);
        this.close();
        const peer = new ChannelPeer(connection, context);
        this.#onPeer(peer);
        return peer;
      },
    });
    this.#connections.add(connection);
    connection.ended.then(() => this.#connections.delete(connection));
  }

  /** Stops waiting; the child's own connection stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    for (const connection of this.#connections) connection.close();
  }
}

/** Binds in the first directory that is private, or can be made so. */
function bindSomewhere(directories: readonly string[]): BoundSocket<Deno.UnixListener> {
  const name = `child-${crypto.randomUUID().slice(0, 13)}.sock`;
  let reason: unknown;
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      ensurePrivateDirectory(directory);
      // Sockets of parents that were killed while their child started. Nothing depends on the
      // result.
      removeDeadSockets(directory, NAME).catch(() => {});
      return bindUnixSocket(path, "the socket for a child process");
    } catch (error) {
      reason ??= error;
    }
  }
  throw reason;
}
