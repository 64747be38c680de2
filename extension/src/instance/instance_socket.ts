import { createServer, type Server } from "node:net";
import { InstanceHost } from "../../../src/ipc/mod.ts";
import type { FileIdentity } from "../../../src/platform/mod.ts";
import { listenAt, type Listener } from "../node/listener.ts";
import { toByteStream } from "../node/stream.ts";
import type { EditorWindow } from "../window/mod.ts";

const MAX_CONNECTIONS = 64;
/**
 * Smaller than the limits of the program's own instances, because no method of a window needs much.
 */
const MESSAGE_BYTES = 4 * 1024 * 1024;

/** The window's methods and events on a socket of its own. */
export class InstanceSocket {
  readonly #host: InstanceHost;
  readonly #server: Server;
  #listener!: Listener;

  /**
   * Listens at `path`, a name that only this window uses.
   *
   * @param workspace The workspace for `health`; null for a window without a folder.
   * @throws {SessionctlError} as {@link listenAt}.
   */
  static async start(
    path: string,
    workspace: string | null,
    window: EditorWindow,
  ): Promise<InstanceSocket> {
    const socket = new InstanceSocket(workspace, window);
    socket.#listener = await listenAt(socket.#server, path);
    return socket;
  }

  private constructor(workspace: string | null, window: EditorWindow) {
    this.#host = new InstanceHost({
      workspace,
      pid: process.pid,
      handlers: window.methods,
      limits: { messageBytes: MESSAGE_BYTES },
    });
    // A peer that shuts down its writing half still gets its answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      void this.#host.serve(toByteStream(socket));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    // A connection that could not be accepted has been refused; the others continue.
    this.#server.on("error", () => {});
  }

  get path(): string {
    return this.#listener.path;
  }

  get identity(): FileIdentity {
    return this.#listener.identity;
  }

  push(event: string, data: unknown): void {
    this.#host.push(event, data);
  }

  /** Stops listening, ends every connection, and removes the socket. */
  close(): void {
    this.#listener.close();
    this.#host.close();
  }
}
