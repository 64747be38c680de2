/**
 * The registry in the background: started, found by who wants it, ended, and kept by the
 * system's service manager.
 */
export { ownLogFile } from "./own_log.ts";
export { usableSocket } from "./places.ts";
export { writePidFile } from "./pid_file.ts";
export { asUnreachable, type StartOptions, startRegistry } from "./start.ts";
export { stopRegistry } from "./stop.ts";
