/** A connection: of a Unix socket or, on Windows, of a named pipe. */
export type SocketConn = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite">;

/** What accepts connections: a Unix socket or, on Windows, a named pipe. */
export interface SocketListener {
  /** The next connection; rejects when the listener is closed. */
  accept(): Promise<SocketConn>;
  close(): void;
}
