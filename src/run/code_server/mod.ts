/**
 * code-server keeps a session socket of its own, at which its windows register. Here its
 * place is taken by one of ours, so that they are registered with the registry as well.
 */
export { codeServerPaths, isCodeServer } from "./options.ts";
export { forwardCodeServer } from "./forward.ts";
export type { SessionForwarder } from "./session_forwarder.ts";
