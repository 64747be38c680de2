/** How much each measurement asks of a contestant. */
export const BULK_BYTES = 200 * 1024 * 1024;
export const REQUEST_BYTES = 64;
export const ANSWER_BYTES = 1024;
export const KEPT_ALIVE = 32;
export const IDLE = 5000;

/** What the load process is asked to do. */
export interface Work {
  readonly kind: "download" | "upload" | "requests" | "connections" | "latency" | "idle";
  /** A TLS server on the loopback, or a Unix socket. */
  readonly port?: number;
  readonly path?: string;
  /** The trust anchor, PEM. */
  readonly cert?: string;
  readonly seconds: number;
}
