import type { HttpLimits } from "../../http/server/mod.ts";
import { MAX_BODY_BYTES } from "../protocol.ts";

/**
 * What the registry's server lets a client take. A request, an idle connection and an
 * answer that is not read are each gone well within 30 seconds.
 */
export const LIMITS: Omit<HttpLimits, "connections"> = {
  headBytes: 64 * 1024,
  bodyBytes: MAX_BODY_BYTES,
  requestMs: 10_000,
  idleMs: 20_000,
  writeMs: 10_000,
};

/**
 * How much may wait in memory over all connections, in bytes: several lists of 100,000
 * sessions. Beyond it the slowest connections end.
 */
export const WAITING_BYTES = 256 * 1024 * 1024;
