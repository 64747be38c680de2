import { connectUnix } from "../../http/mod.ts";
import { type SocketConn, writeAll } from "../../platform/mod.ts";

/**
 * The transport of the channel protocol: ordered bytes in both directions, without message
 * boundaries.
 */
export interface ByteStream {
  /** Reads into the buffer. @returns the number of bytes, or null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes all bytes; resolves when the system has accepted them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream at once and frees its descriptor, even if a read or write blocks. */
  close(): void;
}

/**
 * Connects to a Unix socket.
 *
 * @throws {SessionctlError} as `connectUnix`.
 */
export async function openUnixStream(path: string): Promise<ByteStream> {
  return toByteStream(await connectUnix(path));
}

/**
 * Wraps a connection as a stream of bytes.
 *
 * @param shutdown Shuts down both directions of the socket, which closing alone does not do.
 */
export function toByteStream(conn: SocketConn, shutdown?: () => void): ByteStream {
  let open = true;
  return {
    read: (into) => conn.read(into),
    write: (bytes) => writeAll(conn, bytes),
    close() {
      if (!open) return;
      open = false;
      shutdown?.();
      conn.close();
    },
  };
}
