import type { HttpLimits } from "../../http/server/mod.ts";
import { MAX_BODY_BYTES } from "../protocol.ts";

/**
 * The limits of a client. A slow request, an idle connection and an unread answer each end well
 * within 30 seconds.
 */
export const LIMITS: Omit<HttpLimits, "connections"> = {
  headBytes: 64 * 1024,
  bodyBytes: MAX_BODY_BYTES,
  requestMs: 10_000,
  idleMs: 20_000,
  writeMs: 10_000,
};

/**
 * Maximum number of unsent bytes over all connections: several lists of 100,000 sessions. Beyond
 * it, the slowest connections end.
 */
export const WAITING_BYTES = 256 * 1024 * 1024;
