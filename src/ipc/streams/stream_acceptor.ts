import {
  bindSocket,
  bindUnixSocket,
  type BoundSocket,
  ensurePrivateDirectory,
  fileIdentity,
  PathWatch,
  sameFile,
  type SocketConn,
  socketDirectory,
  usesPipes,
} from "../../platform/mod.ts";
import { type ByteStream, toByteStream } from "./byte_stream.ts";

export interface AcceptorOptions {
  readonly socketPath: string;
  /** The name of the socket in an error. */
  readonly what: string;
  /** Maximum number of connections; at the limit, accepting pauses. */
  readonly maxConnections: number;
  /**
   * Interval of the checks while the socket's file is not in place, in milliseconds; 1000 by
   * default.
   */
  readonly checkMs?: number;
  /** Serves a connection; resolves when it has ended. */
  serve(stream: ByteStream): Promise<void>;
  onError(error: unknown): void;
}

type DescriptorsModule = typeof import("../../platform/ffi/accepted_descriptors.ts");
type Descriptors = InstanceType<DescriptorsModule["AcceptedDescriptors"]>;

const RETRY_ACCEPT_MS = 50;

/**
 * Accepts connections on a Unix socket of ours, or on a named pipe on Windows. If the socket's file
 * is removed, it listens anew. The caller must ensure that nobody else listens there.
 */
export class StreamAcceptor {
  readonly socketPath: string;
  readonly #options: AcceptorOptions;
  readonly #module: DescriptorsModule | undefined;
  readonly #watch: PathWatch | undefined;
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

  /**
   * @param module Finds descriptors. Pipes need none, because closing a pipe ends both directions.
   */
  private constructor(options: AcceptorOptions, socket: BoundSocket, module?: DescriptorsModule) {
    this.#options = options;
    this.#module = module;
    this.socketPath = options.socketPath;
    this.#socket = socket;
    // A pipe cannot be removed.
    if (module) {
      this.#watch = new PathWatch({
        paths: [this.socketPath],
        intervalMs: options.checkMs ?? 1000,
        check: () => this.#restoreIfGone(),
      });
    }
    this.#acceptAll(this.#socket);
  }

  /** Number of open connections. */
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
      // Released while the number still belongs to this connection: after closing it may be
      // another's.
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

  /**
   * Listens again after the socket's file was removed, for example by a clean-up. Connections stay.
   *
   * @returns whether our socket is in place.
   */
  #restoreIfGone(): boolean {
    const found = fileIdentity(this.socketPath);
    if (sameFile(found, this.#socket.identity)) return true;
    // An existing file was created by a process that found our socket gone; it stays.
    if (found !== undefined) return false;
    const former = this.#socket;
    try {
      ensurePrivateDirectory(socketDirectory(this.socketPath));
      this.#socket = bindUnixSocket(this.socketPath, this.#options.what);
      this.#acceptAll(this.#socket);
      former.listener.close();
      return true;
    } catch (error) {
      this.#options.onError(error);
      return false;
    }
  }

  /** Stops accepting and removes the socket, unless another process has replaced it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.stop();
    this.#room?.();
    this.#socket.close();
  }
}
