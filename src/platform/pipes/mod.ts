/**
 * Named pipes of Windows, through `node:net`, because the runtime's own sockets do not support
 * them. It takes some milliseconds to load, so it is only imported where a pipe is used.
 */
export { connectPipe } from "./connect.ts";
export { listenOnPipe } from "./listener.ts";
