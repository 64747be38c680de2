import { connectUnix } from "../../http/mod.ts";
import { type SocketConn, writeAll } from "../../platform/mod.ts";

/** What the channel protocol runs over: bytes in order, both ways. Messages are its own matter. */
export interface ByteStream {
  /** Reads into the buffer; gives how many bytes, or null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves when the system has taken all of them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it at once and frees its descriptor, whatever is blocked. */
  close(): void;
}

/**
 * A connection to a Unix socket.
 *
 * @throws {SessionctlError} as `connectUnix`.
 */
export async function openUnixStream(path: string): Promise<ByteStream> {
  return toByteStream(await connectUnix(path));
}

/**
 * A connection as a stream of bytes.
 *
 * @param shutdown Ends both directions of the socket itself, which closing alone does not.
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
