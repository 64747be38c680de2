import type { RequestHead } from "../../http/mod.ts";
import { writeAll } from "../../platform/mod.ts";

const MAX_MESSAGE_BYTES = 64 * 1024;
/** Maximum number of bytes that may wait for a peer that does not read. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Whether a request is for the health as a WebSocket. */
export function wantsHealthSocket({ method, target, headers }: RequestHead): boolean {
  return method === "GET" && /^\/healthz\/?(\?|$)/.test(target) &&
    headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * `GET /healthz` as a WebSocket: answers every message with whether a target accepts, like
 * code-server's WebSocket with its own health. Messages that arrive during a check share its
 * result.
 *
 * @param head The bytes that arrived after the request.
 * @param close Closes the connection.
 * @returns resolves when the connection has ended.
 */
export async function serveHealthSocket(
  conn: Deno.Conn,
  request: RequestHead,
  head: Uint8Array,
  { healthy, close }: { healthy(): Promise<boolean>; close(): void },
): Promise<void> {
  const { acceptWebSocket } = await import("../../http/server/websocket.ts");
  const ended = Promise.withResolvers<void>();
  const end = () => {
    close();
    ended.resolve();
  };
  const { method, headers } = request;
  const upgrade = { method, path: "/healthz", query: "", headers, body: new Uint8Array(0) };
  const upgraded = {
    head,
    read: (into: Uint8Array) => conn.read(into),
    write: (bytes: Uint8Array) => writeAll(conn, bytes),
    close: end,
  };
  acceptWebSocket(upgrade, upgraded, { maxMessageBytes: MAX_MESSAGE_BYTES }, (socket) => {
    let asking: Promise<boolean> | undefined;
    socket.on("error", end);
    socket.on("close", end);
    socket.on("message", async () => {
      if (socket.bufferedAmount > MAX_WAITING_BYTES) return socket.terminate();
      asking ??= healthy().finally(() => asking = undefined);
      const status = await asking ? "alive" : "no target accepts connections";
      socket.send(JSON.stringify({ event: "health", status, lastHeartbeat: Date.now() }));
    });
  });
  await ended.promise;
}
