/** The sizes and counts of the measurements. */
export const BULK_BYTES = 200 * 1024 * 1024;
export const REQUEST_BYTES = 64;
export const ANSWER_BYTES = 1024;
export const KEPT_ALIVE = 32;
export const IDLE = 5000;

/** The task of the load process. */
export interface Work {
  readonly kind: "download" | "upload" | "requests" | "connections" | "latency" | "idle";
  /** A TLS server on the loopback, or a Unix socket. */
  readonly port?: number;
  readonly path?: string;
  /** The trust anchor, in PEM. */
  readonly cert?: string;
  readonly seconds: number;
}
