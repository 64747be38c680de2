import type { WebSocket } from "ws";

/** How long a WebSocket may be silent before its peer is asked, in milliseconds. */
export const PING_INTERVAL_MS = 30_000;
/** So many pings in a row without a byte in return, and the peer is dead. */
const MISSED_PINGS = 3;

/**
 * Ends a WebSocket whose peer is gone without a word. A peer that merely is idle answers
 * pings, whatever program it is: RFC 6455, section 5.5.2.
 *
 * @param intervalMs See {@link PING_INTERVAL_MS}.
 * @returns to be called whenever anything has arrived.
 */
export function watchLiveness(socket: WebSocket, intervalMs: number): () => void {
  let missed = 0;
  let heard = true;
  const look = () => {
    if (heard || socket.isPaused) {
      // While we take nothing, a pong cannot be seen, and its absence means nothing.
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
