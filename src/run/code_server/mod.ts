/**
 * code-server keeps a session socket of its own, at which its windows register. Here its
 * place is taken by one of ours, so that they are registered with the registry as well.
 */
export { type CodeServerPaths, codeServerPaths, isCodeServer } from "./options.ts";
export { forwardCodeServer, type ForwardCodeServerOptions } from "./forward.ts";
export type { SessionForwarder } from "./session_forwarder.ts";
