import { type ByteStream, SessionctlError } from "../../src/mod.ts";
import { WebSocketStream } from "../../src/ipc/streams/websocket_stream.ts";

const DRAIN_POLL_MS = 5;
const SEND_AHEAD_BYTES = 4 * 1024 * 1024;

/**
 * Connects to the hub through the registry's socket (`GET /ipc`) with the runtime's own WebSocket.
 */
export async function openWebSocketStream(registrySocket: string): Promise<ByteStream> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: registrySocket } });
  const socket = new WebSocket("ws://localhost/ipc", { client } as never);
  socket.binaryType = "arraybuffer";
  const opened = Promise.withResolvers<void>();
  const stream = new WebSocketStream({
    async send(bytes) {
      socket.send(bytes as Uint8Array<ArrayBuffer>);
      // A standard WebSocket does not report what it has sent; this limits its buffer.
      while (socket.bufferedAmount > SEND_AHEAD_BYTES) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      }
    },
    close: () => {
      socket.close();
      client.close();
    },
  });
  socket.onopen = () => opened.resolve();
  socket.onmessage = ({ data }) => stream.push(new Uint8Array(data as ArrayBuffer));
  socket.onclose = () => stream.ended();
  socket.onerror = () => {
    const message = `${registrySocket}: no WebSocket at /ipc`;
    opened.reject(new SessionctlError("CONNECTION_REFUSED", message));
    stream.ended();
  };
  try {
    await opened.promise;
  } catch (error) {
    client.close();
    throw error;
  }
  return stream;
}
