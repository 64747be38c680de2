/** Defaults of a registry server; times in milliseconds. */
export const SERVE_DEFAULTS = {
  pruneIntervalMs: 30_000,
  idleTimeoutMs: Infinity,
  probeTimeoutMs: 300,
} as const;
