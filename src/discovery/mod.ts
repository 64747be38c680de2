/** Editor sockets nobody registered, live and stale. */
export {
  findStaleSockets,
  type RemovedSocket,
  removeStaleSocket,
  type StaleSocket,
} from "./stale_sockets.ts";
