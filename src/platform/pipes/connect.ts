import { connect } from "node:net";
import type { SocketConn } from "../stream_socket.ts";
import { PipeConn } from "./pipe_conn.ts";

/**
 * Time limit for a server to have a free instance of its pipe, in milliseconds. The runtime itself
 * would wait half a minute.
 */
const CONNECT_MS = 2000;

/**
 * Connects to a named pipe.
 *
 * @throws an error with the code `ENOENT` if there is no such pipe, `EAGAIN` if all of its
 * instances are in use, `EACCES` or `EPERM` if this user may not open it.
 */
export function connectPipe(path: string): Promise<SocketConn> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketConn>();
  const socket = connect(path);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    reject(Object.assign(new Error("all instances of the pipe are taken"), { code: "EAGAIN" }));
  }, CONNECT_MS);
  socket.once("connect", () => {
    // If it were destroyed earlier, it would still connect, and would never be closed.
    if (isLate) return void socket.destroy();
    clearTimeout(late);
    socket.off("error", onError);
    resolve(new PipeConn(socket));
  });
  const onError = (error: Error) => {
    clearTimeout(late);
    socket.destroy();
    reject(error);
  };
  socket.on("error", onError);
  return promise;
}
