import type { RefusalReason } from "../status/stats.ts";

/** How a connection ended. */
export type ConnectionEnding =
  | "closed"
  | "aborted-by-client"
  | "aborted-by-target"
  | "idle-timeout"
  | "shutdown"
  | "internal-error"
  | "handshake-failed"
  | RefusalReason;

/** The record of one connection. */
export interface ConnectionRecord {
  /** Time of arrival, in milliseconds since the epoch. */
  readonly at: number;
  /** `HOST:PORT`, or `unix` for a client of a Unix socket. */
  readonly client: string;
  /** The id that was sent before its bytes (`--preface`). */
  readonly id?: string;
  /** The TLS server name that the client requested, where the runtime reports it. */
  readonly serverName?: string;
  /** The name in the client's certificate. */
  readonly certificate?: string;
  /** The socket or address of its target. */
  readonly target?: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Time from its arrival to its end, or until now. */
  readonly durationMs: number;
  /** Undefined while it is open. */
  readonly ending?: ConnectionEnding;
  /** The reason for its end, if there is more detail. */
  readonly reason?: string;
}

/** Longest value of a field in a line: names and reasons quote text from clients. */
const LONGEST_VALUE = 300;

const isPlain = /^[\w.:/@*+,[\]-]+$/;

function field(name: string, value: string | number | undefined): string {
  if (value === undefined) return "";
  const text = String(value);
  const shown = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
  return ` ${name}=${isPlain.test(shown) ? shown : JSON.stringify(shown)}`;
}

/** A time in the form of the log: UTC, with milliseconds. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}

/** The log line for a connection that has ended. */
export function connectionLine(record: ConnectionRecord): string {
  const { at, durationMs } = record;
  return `${timestamp(at + durationMs)} connection` +
    field("client", record.client) +
    field("ending", record.ending) +
    field("reason", record.reason) +
    field("target", record.target) +
    field("id", record.id) +
    field("server-name", record.serverName) +
    field("certificate", record.certificate) +
    field("up", record.bytesUp) +
    field("down", record.bytesDown) +
    field("seconds", (durationMs / 1000).toFixed(3));
}
