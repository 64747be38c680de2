/**
 * HTTP/1.1 messages, and a client for Unix sockets. It is small, because it is on the start-up path
 * of `open`. The server is in `server/`.
 */
export { ByteReader } from "./byte_reader.ts";
export { connectUnix, requestUnix, type UnixRequest, type UnixResponse } from "./client.ts";
export { isListening, removeDeadSockets } from "./dead_sockets.ts";
export {
  type BodyLength,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
} from "./message.ts";
export { checkVacantSocket } from "./vacant_socket.ts";
