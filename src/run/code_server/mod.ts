/**
 * code-server has a session socket of its own, with which its windows register. This module
 * replaces it with a socket of ours, so that the windows are registered with the registry as well.
 */
export { codeServerPaths, isCodeServer } from "./options.ts";
export { forwardCodeServer } from "./forward.ts";
export type { SessionForwarder } from "./session_forwarder.ts";
