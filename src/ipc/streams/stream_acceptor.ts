import {
  bindSocket,
  bindUnixSocket,
  type BoundSocket,
  ensurePrivateDirectory,
  fileIdentity,
  sameFile,
  type SocketConn,
  socketDirectory,
  usesPipes,
} from "../../platform/mod.ts";
import { type ByteStream, toByteStream } from "./byte_stream.ts";

export interface AcceptorOptions {
  readonly socketPath: string;
  /** How to name the path in an error. */
  readonly what: string;
  /** Connections at once; at the limit, accepting pauses. */
  readonly maxConnections: number;
  /** How often to see whether the socket's file is still there, in milliseconds; 1000 unless told. */
  readonly checkMs?: number;
  /** Serves a connection; resolves when it has ended. */
  serve(stream: ByteStream): Promise<void>;
  onError(error: unknown): void;
}

type DescriptorsModule = typeof import("../../platform/ffi/accepted_descriptors.ts");
type Descriptors = InstanceType<DescriptorsModule["AcceptedDescriptors"]>;

const RETRY_ACCEPT_MS = 50;

/**
 * Accepts connections on a Unix socket of ours, and listens anew if its file is removed; on
 * Windows, on a named pipe.
 * Whoever makes one sees to it that nobody else listens there.
 */
export class StreamAcceptor {
  readonly socketPath: string;
  readonly #options: AcceptorOptions;
  readonly #module: DescriptorsModule | undefined;
  readonly #checkTimer: ReturnType<typeof setInterval> | undefined;
  #socket: BoundSocket;
  #closed = false;
  #open = 0;
  #room: (() => void) | undefined;

  /** @throws {SessionctlError} as `bindSocket`. */
  static async start(options: AcceptorOptions): Promise<StreamAcceptor> {
    ensurePrivateDirectory(socketDirectory(options.socketPath));
    const module = usesPipes()
      ? undefined
      : await import("../../platform/ffi/accepted_descriptors.ts");
    return new StreamAcceptor(options, await bindSocket(options.socketPath, options.what), module);
  }

  /** @param module Finds descriptors; pipes have none, and closing one ends all of it. */
  private constructor(options: AcceptorOptions, socket: BoundSocket, module?: DescriptorsModule) {
    this.#options = options;
    this.#module = module;
    this.socketPath = options.socketPath;
    this.#socket = socket;
    // Nobody can remove a pipe.
    if (module) {
      this.#checkTimer = setInterval(() => this.#restoreIfGone(), options.checkMs ?? 1000);
    }
    this.#acceptAll(this.#socket);
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#open;
  }

  async #acceptAll(socket: BoundSocket): Promise<void> {
    const descriptors = this.#module && new this.#module.AcceptedDescriptors(socket.boundPath);
    while (!this.#closed && socket === this.#socket) {
      if (this.#open >= this.#options.maxConnections) {
        await this.#untilRoom();
        continue;
      }
      try {
        this.#serve(await socket.listener.accept(), descriptors);
      } catch (error) {
        if (this.#closed || socket !== this.#socket) return;
        // Most likely EMFILE: connections wait in the kernel's queue until there is room.
        this.#options.onError(error);
        await this.#untilRoom();
      }
    }
  }

  #serve(conn: SocketConn, descriptors: Descriptors | undefined): void {
    const descriptor = descriptors?.claim();
    const shutdown = () => {
      if (descriptors === undefined || descriptor === undefined) return;
      descriptors.shutdown(descriptor);
      // Now, while the number is this connection's: once it is closed it may be another's.
      descriptors.release(descriptor);
    };
    this.#open++;
    this.#options.serve(toByteStream(conn, shutdown)).catch(this.#options.onError).finally(() => {
      this.#open--;
      this.#room?.();
    });
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_ACCEPT_MS);
      this.#room = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Somebody cleaned up the directory: listens there again. Connections stay. */
  #restoreIfGone(): void {
    if (sameFile(fileIdentity(this.socketPath), this.#socket.identity)) return;
    // What is there now was put there by somebody who thought us gone: it is theirs.
    if (fileIdentity(this.socketPath) !== undefined) return;
    const former = this.#socket;
    try {
      ensurePrivateDirectory(socketDirectory(this.socketPath));
      this.#socket = bindUnixSocket(this.socketPath, this.#options.what);
      this.#acceptAll(this.#socket);
      former.listener.close();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Stops accepting and removes the socket, unless it is somebody else's by now. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#checkTimer);
    this.#room?.();
    this.#socket.close();
  }
}
