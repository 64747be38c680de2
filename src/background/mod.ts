/**
 * The registry in the background: started, found by who wants it, ended, and kept by the
 * system's service manager.
 */
export { ownLogFile } from "./own_log.ts";
export { logFilePath, pidFilePath, usableSocket } from "./places.ts";
export { writePidFile } from "./pid_file.ts";
export { asUnreachable, type Started, type StartOptions, startRegistry } from "./start.ts";
export { type StopOptions, type Stopped, stopRegistry } from "./stop.ts";
