import type { WebSocket } from "ws";

/** Time of silence after which a WebSocket's peer is pinged, in milliseconds. */
export const PING_INTERVAL_MS = 30_000;
/** After this many pings in a row without any received byte, the peer counts as dead. */
const MISSED_PINGS = 3;

/**
 * Ends a WebSocket whose peer disappeared without closing it. An idle peer answers pings, whatever
 * its program: RFC 6455, section 5.5.2.
 *
 * @param intervalMs See {@link PING_INTERVAL_MS}.
 * @returns a function to call whenever bytes have arrived.
 */
export function watchLiveness(socket: WebSocket, intervalMs: number): () => void {
  let missed = 0;
  let heard = true;
  const look = () => {
    if (heard || socket.isPaused) {
      // While reading is paused, a pong cannot be seen, so its absence means nothing.
      missed = 0;
      heard = false;
      return;
    }
    if (missed === MISSED_PINGS) return socket.terminate();
    missed++;
    socket.ping();
  };
  const timer = setInterval(look, intervalMs);
  socket.on("close", () => clearInterval(timer));
  return () => heard = true;
}
