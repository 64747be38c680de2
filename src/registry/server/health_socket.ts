import { STATUS_CODE } from "@std/http/status";
import { type HttpReply, type HttpRequest, jsonReply } from "../../http/server/mod.ts";
import type { Health } from "../protocol.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
/** Maximum number of unsent bytes for a peer that sends messages and does not read. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * `GET /health` or `/healthz` as a WebSocket: answers every message with the server's health.
 * Source: coder/code-server `src/node/routes/health.ts`.
 */
export async function healthSocket(
  request: HttpRequest,
  { health, pingIntervalMs }: { health(): Health; readonly pingIntervalMs?: number },
): Promise<HttpReply> {
  const { acceptWebSocket, wantsWebSocket } = await import("../../http/server/websocket.ts");
  if (!wantsWebSocket(request)) {
    return jsonReply(
      STATUS_CODE.UpgradeRequired,
      { error: "/health is a WebSocket; over plain HTTP ask /healthz" },
      { Upgrade: "websocket", Connection: "close" },
    );
  }
  const options = { maxMessageBytes: MAX_MESSAGE_BYTES, pingIntervalMs };
  return {
    status: STATUS_CODE.SwitchingProtocols,
    upgrade: (connection) =>
      acceptWebSocket(request, connection, options, (socket) => {
        socket.on("error", () => connection.close());
        socket.on("message", () => {
          if (socket.bufferedAmount > MAX_WAITING_BYTES) return socket.terminate();
          const { status, lastHeartbeat } = health();
          socket.send(JSON.stringify({ event: "health", status, lastHeartbeat }));
        });
      }),
  };
}
