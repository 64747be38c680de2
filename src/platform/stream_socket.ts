/** A connection to a Unix socket or, on Windows, to a named pipe. */
export type SocketConn = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite">;

/** A listener on a Unix socket or, on Windows, on a named pipe. */
export interface SocketListener {
  /** Returns the next connection; rejects when the listener is closed. */
  accept(): Promise<SocketConn>;
  close(): void;
}
