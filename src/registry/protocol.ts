import type { Session } from "./session.ts";

/**
 * What the registry's HTTP API answers with, beside code-server's own three requests.
 * docs/protocols.md describes each.
 */
export interface Health {
  /** Always "alive": a server that is not does not answer. */
  readonly status: "alive";
  /** When the server last went round its loop, in milliseconds since the epoch. */
  readonly lastHeartbeat: number;
  /** The process id of the server. */
  readonly pid: number;
  /** The version of sessionctl that serves. */
  readonly version: string;
  /** How many sessions are registered. */
  readonly sessions: number;
  /** The state file; null when nothing is kept. */
  readonly stateFile: string | null;
  /** The file that the server's messages go to; null when that is no file, or not known. */
  readonly logFile: string | null;
  /** When the server started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** For how long it has been running, in milliseconds, whatever was done to the clock. */
  readonly upMs: number;
  /** How many connections are open. */
  readonly connections: number;
  /** Where the hub listens; null if it does not. */
  readonly ipcSocket: string | null;
  /** What was missing in the state file when the server started; null when nothing was. */
  readonly loss: {
    /** How many committed changes are missing; null when that is not known. */
    readonly changes: number | null;
    /** How many sessions are missing at most; null when that is not known. */
    readonly sessions: number | null;
    /** How many live windows without a session were found and registered since. */
    readonly recovered: number;
  } | null;
}

/** A session as `GET /v1/sessions` lists it. */
export interface ListedSession extends Session {
  /** What the last probe of its socket found. */
  readonly liveness: "live" | "dead" | "unresponsive" | "no-editor" | "forbidden" | "unknown";
}

/** A session as `GET /v1/candidates` ranks it, best first. */
export interface RankedSession {
  /** The session. */
  readonly session: Session;
  /** The folder of the session that holds the path; null if none does. */
  readonly folder: string | null;
  /** What the probe of its socket found. */
  readonly liveness: "live" | "unresponsive";
}

/**
 * What `GET /v1/events` sends: all sessions first, then each change. `focused` tells that a window
 * gained the focus or lost it; its session says which.
 */
export type WatchEvent =
  | { readonly type: "snapshot"; readonly sessions: readonly Session[] }
  | { readonly type: "added" | "removed" | "pruned" | "focused"; readonly session: Session };

/** The longest request body, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Marks a question from one registry to another, so that two registries which have
 * each other as upstream do not ask each other for ever.
 */
export const UPSTREAM_HEADER = "x-sessionctl-upstream";
