/** An HTTP/1.1 server on a Unix socket, with limits; for long-running commands only. */
export { jsonReply, textReply } from "./reply.ts";
export { HttpServer } from "./server.ts";
export { WaitingBudget, type WaitingShare } from "./waiting_budget.ts";
export type { DescriptorFinder, HttpLimits, HttpReply, HttpRequest } from "./types.ts";
