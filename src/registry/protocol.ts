import type { Session } from "./session.ts";

/**
 * The answers of the registry's HTTP API, in addition to code-server's three requests.
 * docs/protocols.md describes each.
 */
export interface Health {
  /** Always "alive": a server that is not alive does not answer. */
  readonly status: "alive";
  /** Time of the last turn of the server's event loop, in milliseconds since the epoch. */
  readonly lastHeartbeat: number;
  /** The process id of the server. */
  readonly pid: number;
  /** The version of sessionctl that serves. */
  readonly version: string;
  /** Number of registered sessions. */
  readonly sessions: number;
  /** The state file; null if the server keeps no state. */
  readonly stateFile: string | null;
  /** The log file of the server; null if it does not log to a file, or the file is unknown. */
  readonly logFile: string | null;
  /** Time of the server's start, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the server has been running, in milliseconds, independent of changes to the clock. */
  readonly upMs: number;
  /** Number of open connections. */
  readonly connections: number;
  /** The hub's socket; null if the hub does not listen. */
  readonly ipcSocket: string | null;
  /** What the state file lacked when the server started; null if it was complete. */
  readonly loss: {
    /** Number of missing committed changes; null if unknown. */
    readonly changes: number | null;
    /** Maximum number of missing sessions; null if unknown. */
    readonly sessions: number | null;
    /** Number of live windows without a session that were found and registered since. */
    readonly recovered: number;
  } | null;
}

/** A session as `GET /v1/sessions` lists it. */
export interface ListedSession extends Session {
  /** The result of the last probe of its socket. */
  readonly liveness: "live" | "dead" | "unresponsive" | "no-editor" | "forbidden" | "unknown";
}

/** A session as `GET /v1/candidates` ranks it, best first. */
export interface RankedSession {
  /** The session. */
  readonly session: Session;
  /** The folder of the session that holds the path; null if none does. */
  readonly folder: string | null;
  /** The result of the probe of its socket. */
  readonly liveness: "live" | "unresponsive";
}

/**
 * The events of `GET /v1/events`: first all sessions, then each change. `focused` reports that a
 * window gained or lost the focus; the session's `focused` says which.
 */
export type WatchEvent =
  | { readonly type: "snapshot"; readonly sessions: readonly Session[] }
  | { readonly type: "added" | "removed" | "pruned" | "focused"; readonly session: Session };

/** The longest request body, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Marks a request from another registry, so that two registries that have each other as upstream do
 * not ask each other endlessly.
 */
export const UPSTREAM_HEADER = "x-sessionctl-upstream";
