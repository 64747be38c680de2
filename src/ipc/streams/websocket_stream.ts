import { SessionctlError } from "../../errors.ts";
import { ReceivedBytes } from "../../platform/mod.ts";
import type { ByteStream } from "./byte_stream.ts";

/** The functions of a WebSocket that this module uses, of the standard one or that of `ws`. */
export interface WebSocketEnd {
  /** Sends bytes; resolves when the system has accepted them. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
  /** Pauses and resumes reading, if the implementation supports it. */
  pause?(): void;
  resume?(): void;
}

/** Number of unread bytes above which nothing more is read from the peer. */
const PAUSE_BYTES = 1024 * 1024;
/** Maximum number of unread bytes if reading cannot be paused. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

/**
 * A WebSocket as a stream of bytes; message boundaries are ignored.
 * Source: microsoft/vscode `ipc.net.ts`, `WebSocketNodeSocket`, which does the same.
 */
export class WebSocketStream implements ByteStream {
  readonly #end: WebSocketEnd;
  readonly #received: ReceivedBytes;

  constructor(end: WebSocketEnd) {
    this.#end = end;
    this.#received = new ReceivedBytes({
      pauseAboveBytes: PAUSE_BYTES,
      pause: () => end.pause?.(),
      resume: () => end.resume?.(),
    });
  }

  /** Adds received bytes. */
  push(bytes: Uint8Array): void {
    this.#received.push(bytes);
    if (this.#received.waiting > MAX_WAITING_BYTES) this.close();
  }

  /** Records that no more bytes will arrive. */
  ended(): void {
    this.#received.end();
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#received.read(into);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#received.isOver) {
      throw new SessionctlError("CONNECTION_CLOSED", "the WebSocket is closed");
    }
    // A copy, because the caller reuses its buffer as soon as this resolves.
    await this.#end.send(bytes.slice());
  }

  close(): void {
    this.#received.discard();
    this.#end.close();
  }
}

/** The functions of the `ws` package's `WebSocket` that {@link webSocketStream} uses. */
interface WsSocket {
  send(data: Uint8Array, done: (error?: Error) => void): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: "message", listener: (data: Uint8Array | ArrayBuffer | Uint8Array[]) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
}

/** Wraps an accepted WebSocket as a stream. */
export function webSocketStream(socket: WsSocket): ByteStream {
  const stream = new WebSocketStream({
    send: (bytes) =>
      new Promise((resolve, reject) =>
        socket.send(bytes, (error) => error ? reject(error) : resolve())
      ),
    close: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on("message", (data) => {
    if (Array.isArray(data)) { for (const part of data) stream.push(part); }
    else stream.push(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  });
  socket.on("close", () => stream.ended());
  socket.on("error", () => stream.close());
  return stream;
}
