/**
 * Named pipes of Windows, by `node:net`: the runtime's own sockets have no pipes. It takes
 * some milliseconds to load, so it is imported only where a pipe is used.
 */
export { connectPipe } from "./connect.ts";
export { listenOnPipe } from "./listener.ts";
