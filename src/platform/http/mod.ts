export { ByteReader, type ByteSource } from "./byte_reader.ts";
export {
  connectUnix,
  requestUnix,
  type UnixRequest,
  type UnixResponse,
  writeAll,
} from "./client.ts";
export { jsonReply } from "./reply.ts";
export { HttpServer } from "./server.ts";
export type {
  DescriptorFinder,
  HttpLimits,
  HttpReply,
  HttpRequest,
  HttpServerOptions,
  UpgradedConnection,
} from "./types.ts";
export { checkVacantSocket } from "./vacant_socket.ts";
