import "./node_require.ts";
import { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { PING_INTERVAL_MS, watchLiveness } from "./websocket_liveness.ts";
import type { HttpRequest, UpgradedConnection } from "./types.ts";

export type { WebSocket };

/** Wraps one of our connections as the stream that `ws` expects. */
function toDuplex(connection: UpgradedConnection, onBytes: (count: number) => void): Duplex {
  const buffer = new Uint8Array(16 * 1024);
  return new Duplex({
    allowHalfOpen: false,
    read() {
      connection.read(buffer).then(
        (count) => {
          onBytes(count ?? 0);
          this.push(count === null ? null : buffer.slice(0, count));
        },
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
  /** Maximum length of a message, in bytes. */
  readonly maxMessageBytes: number;
  /** Time of silence after which the peer is pinged, in milliseconds. */
  readonly pingIntervalMs?: number;
}

/**
 * Answers a WebSocket handshake on a connection that left HTTP. Source: RFC 6455, section 4.2; the
 * `ws` package implements the protocol itself.
 *
 * @param onOpen Called with the open WebSocket; not called if the handshake is refused.
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
  let heard = () => {};
  /** Number of received bytes of an incomplete message. */
  let received = 0;
  const count = () => connection.waiting?.set(received + stream.writableLength);
  const stream = toDuplex(connection, (bytes) => {
    received += bytes;
    heard();
    count();
  });
  // `ws` reports errors of an open socket on the socket; earlier errors end the stream.
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
    (socket) => {
      heard = watchLiveness(socket, options.pingIntervalMs ?? PING_INTERVAL_MS);
      socket.on("message", () => {
        received = 0;
        count();
      });
      onOpen(socket);
    },
  );
}

/** Whether a request asks to become a WebSocket. */
export function wantsWebSocket({ headers }: HttpRequest): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}
