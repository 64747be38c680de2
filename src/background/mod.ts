/**
 * The registry in the background: starting, finding and stopping it, and running it as a service of
 * the system.
 */
export { ownLogFile } from "./own_log.ts";
export { usableSocket } from "./places.ts";
export { writePidFile } from "./pid_file.ts";
export { asUnreachable, type StartOptions, startRegistry } from "./start.ts";
export { stopRegistry } from "./stop.ts";
