import type { Side } from "./data/side.ts";
import type { ConnectionEnding, ConnectionRecord } from "./log/record.ts";
import type { RefusalReason, RelayStats } from "./status/stats.ts";
import type { Arrival, Connector, RelayLimits } from "./types.ts";

/** The reason why a guard refused a client, or a later request of an accepted client. */
export interface Rejection {
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Decides whether a client is accepted, and inspects its bytes before the target gets them. */
export interface Guard {
  /** Resolves to whether the client is accepted; a refused one has got its response and has ended. */
  admit(): Promise<boolean>;
  readonly side: Side;
}

/** Makes the guard of one client; the guard calls `onRejected` as soon as it refuses a request. */
export type MakeGuard = (client: Side, onRejected: (rejection: Rejection) => void) => Guard;

/** The state that all connections of a relay share. */
export interface ConnectionContext {
  readonly connector: Connector;
  readonly limits: Required<RelayLimits>;
  readonly stats: RelayStats;
  /** Makes the bytes that the target gets before the client's own, if any. */
  readonly prelude: ((arrival: Arrival) => Prelude) | undefined;
  /** Makes the guard between client and target, if there is one. */
  readonly guard: MakeGuard | undefined;
  /** Called for a refused connection as soon as it is refused. */
  onRefused(record: ConnectionRecord): void;
  /** Called for an error that no peer can cause; the connection is aborted. */
  onInternalError(error: unknown): void;
  /** Called once for each connection, last. */
  onEnded(connection: OpenConnection): void;
}

/** A connection as its relay sees it. */
export interface OpenConnection {
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** The description of the connection so far. */
  record(): ConnectionRecord;
  /** Ends the connection if its phase exceeds the time limit; called a few times a second. */
  enforceLimits(now: number): void;
  /** Aborts both sides at once. */
  abort(ending: ConnectionEnding, reason?: string): void;
}

/** The bytes that a target gets before a client's own. */
export interface Prelude {
  readonly bytes: Uint8Array;
  /** The connection's id in these bytes. */
  readonly id?: string;
}
