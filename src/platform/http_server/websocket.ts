import "./node_require.ts";
import { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { HttpRequest, UpgradedConnection } from "./types.ts";

export type { WebSocket };

/** Makes a connection of ours the stream that `ws` works on. */
function toDuplex(connection: UpgradedConnection): Duplex {
  const buffer = new Uint8Array(16 * 1024);
  return new Duplex({
    allowHalfOpen: false,
    read() {
      connection.read(buffer).then(
        (count) => this.push(count === null ? null : buffer.slice(0, count)),
        () => this.destroy(),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      connection.write(chunk).then(() => done(), done);
    },
    destroy(error, done) {
      connection.close();
      done(error);
    },
  });
}

/** Limits of a WebSocket endpoint. */
export interface WebSocketOptions {
  /** Longest message, in bytes. */
  readonly maxMessageBytes: number;
}

/**
 * Answers a WebSocket handshake on a connection that left HTTP.
 * Source: RFC 6455, section 4.2; the protocol itself is the `ws` package's.
 *
 * @param onOpen Given the open WebSocket. It is not called when the handshake is refused.
 */
export function acceptWebSocket(
  request: HttpRequest,
  connection: UpgradedConnection,
  options: WebSocketOptions,
  onOpen: (socket: WebSocket) => void,
): void {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
  });
  const stream = toDuplex(connection);
  // `ws` reports errors of an open socket on the socket; those before it end the stream.
  stream.on("error", () => stream.destroy());
  const query = request.query === "" ? "" : `?${request.query}`;
  server.handleUpgrade(
    {
      method: request.method,
      url: request.path + query,
      headers: Object.fromEntries(request.headers),
    },
    stream,
    connection.head,
    onOpen,
  );
}

/** Whether a request asks to become a WebSocket. */
export function wantsWebSocket({ headers }: HttpRequest): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}
