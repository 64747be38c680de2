/** What a registry server does unless it is told otherwise; times in milliseconds. */
export const SERVE_DEFAULTS = {
  pruneIntervalMs: 30_000,
  idleTimeoutMs: Infinity,
  probeTimeoutMs: 300,
} as const;
