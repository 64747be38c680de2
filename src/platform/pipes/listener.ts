import { createServer, type Server, type Socket } from "node:net";
import { MAX_PIPE_CONNECTIONS } from "../pipe_name.ts";
import type { SocketConn, SocketListener } from "../stream_socket.ts";
import { PipeConn } from "./pipe_conn.ts";

/**
 * Number of instances of one of our pipes. 254 is the most that the runtime supports; one of them
 * waits for the next client.
 */
const INSTANCES = 254;
/** `node:net` reads this when it starts to listen; without it, a pipe has four instances. */
const INSTANCES_VARIABLE = "NODE_PENDING_PIPE_INSTANCES";

/**
 * Listens on a named pipe of this user. The caller makes sure that no other process of this user
 * serves it, because the runtime (2.7) adds instances to an existing pipe.
 *
 * @throws an error with the code `EADDRINUSE` or `EACCES` if another user has the pipe.
 */
export async function listenOnPipe(path: string): Promise<SocketListener> {
  const listener = new PipeListener();
  await listener.listen(path);
  return listener;
}

class PipeListener implements SocketListener {
  readonly #server: Server;
  readonly #accepted: Socket[] = [];
  readonly #waiting: PromiseWithResolvers<SocketConn>[] = [];
  #open = 0;
  #isClosed = false;

  constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  async listen(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    const before = Deno.env.get(INSTANCES_VARIABLE);
    Deno.env.set(INSTANCES_VARIABLE, String(INSTANCES));
    this.#server.listen(path, resolve);
    await promise.finally(() => {
      if (before === undefined) Deno.env.delete(INSTANCES_VARIABLE);
      else Deno.env.set(INSTANCES_VARIABLE, before);
    });
    this.#server.off("error", reject);
    // An accept failed; the next one is already in progress.
    this.#server.on("error", () => {});
  }

  #take(socket: Socket): void {
    // Readers get its errors.
    socket.on("error", () => {});
    if (this.#isClosed || this.#open >= MAX_PIPE_CONNECTIONS) return void socket.destroy();
    this.#open++;
    socket.once("close", () => this.#open--);
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve(new PipeConn(socket));
    // It is not read before it is accepted.
    this.#accepted.push(socket);
  }

  accept(): Promise<SocketConn> {
    if (this.#isClosed) return Promise.reject(new Deno.errors.BadResource("the pipe is closed"));
    for (let socket = this.#accepted.shift(); socket; socket = this.#accepted.shift()) {
      if (!socket.destroyed) return Promise.resolve(new PipeConn(socket));
    }
    const waiting = Promise.withResolvers<SocketConn>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#accepted.splice(0)) socket.destroy();
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Deno.errors.BadResource("the pipe is closed"));
    }
  }
}
