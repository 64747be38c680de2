import { messageOf, SessionctlError } from "../errors.ts";
import { carry, type CarryState } from "./data/carry.ts";
import { writeAll } from "../platform/mod.ts";
import type { ConnectionEnding, ConnectionRecord } from "./log/record.ts";
import type { Side } from "./data/side.ts";
import { observe, type RefusalReason, type RelayStats } from "./status/stats.ts";
import { formatAddress } from "./listen/tls_acceptor.ts";
import type { Arrival, ClientInfo, Connector, RelayLimits } from "./types.ts";

/** Time for which a connection with one closed side stays open without traffic, in milliseconds. */
const LINGER_MS = 30_000;

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
}

/** The bytes that a target gets before a client's own. */
export interface Prelude {
  readonly bytes: Uint8Array;
  /** The connection's id in these bytes. */
  readonly id?: string;
}

/** One connection from its arrival to its end. */
export class RelayConnection implements CarryState {
  bytesUp = 0;
  bytesDown = 0;
  uploading = false;
  answered = false;
  readonly #arrival: Arrival;
  readonly #context: ConnectionContext;
  readonly #at = Date.now();
  readonly #began = performance.now();
  #info: ClientInfo = {};
  #id: string | undefined;
  #target: string | undefined;
  #ending: ConnectionEnding | undefined;
  #reason: string | undefined;
  /** The event that ended both directions. */
  #failure: { readonly side: Side; readonly error: unknown } | undefined;
  #endedAt: number | undefined;
  #upstream: Side | undefined;
  #phase: "handshake" | "admit" | "connect" | "open" = "handshake";
  #ended = false;
  #lingering = false;
  #lastTotal = 0;
  /** The time at which the current phase began or traffic was last seen. */
  #since = performance.now();

  constructor(arrival: Arrival, context: ConnectionContext) {
    this.#arrival = arrival;
    this.#context = context;
  }

  /** The description of the connection so far. */
  record(): ConnectionRecord {
    const { peer } = this.#arrival;
    return {
      at: this.#at,
      client: peer ? formatAddress(peer) : "unix",
      id: this.#id,
      ...this.#info,
      target: this.#target,
      bytesUp: this.bytesUp,
      bytesDown: this.bytesDown,
      durationMs: (this.#endedAt ?? performance.now()) - this.#began,
      ending: this.#ending,
      reason: this.#reason,
    };
  }

  /** Carries the connection; never throws because of a peer. */
  async run(): Promise<void> {
    await this.#run();
    this.#end("closed");
  }

  async #run(): Promise<void> {
    const { stats, limits, connector, prelude } = this.#context;
    let client = this.#arrival.side;
    try {
      this.#info = await this.#arrival.handshake();
    } catch (error) {
      this.#info = this.#arrival.known?.() ?? {};
      client.failed(error);
      return this.#refuse(
        error instanceof SessionctlError ? "client-not-allowed" : "handshake-failed",
        error,
      );
    }
    if (this.#ended) return;
    const shaken = performance.now();
    observe(stats.handshake, shaken - this.#since);
    if (this.#context.guard) {
      const guard = this.#context.guard(
        client,
        ({ reason, message }) => this.#count(reason, message),
      );
      this.#phase = "admit";
      if (!(await guard.admit().catch((error) => this.#gone(error)))) {
        this.#ended = true;
        return;
      }
      client = guard.side;
    }
    this.#phase = "connect";
    const admitted = this.#since = performance.now();
    let upstream: Side;
    try {
      const connected = await connector.connect(this.#info, limits.connectMs);
      upstream = connected.side;
      this.#target = connected.target;
    } catch (error) {
      return this.#refuse(refusalOf(error), error);
    }
    if (this.#ended) return upstream.abort();
    this.#upstream = upstream;
    this.#phase = "open";
    this.#since = performance.now();
    observe(stats.connect, this.#since - admitted);
    if (prelude && !(await this.#sendPrelude(prelude(this.#arrival), upstream))) return;
    const ending = await carry(client, upstream, this);
    // A refused request has recorded the end of the connection already.
    if (ending === "aborted" && !this.#ended && this.#ending === undefined) {
      this.#explainAbort(upstream);
    }
    this.#ended = true;
  }

  onFailure(side: Side, error: unknown): void {
    if (!this.#ended) this.#failure ??= { side, error };
  }

  #explainAbort(upstream: Side): void {
    const { side, error } = this.#failure ?? {};
    const byTarget = side === upstream;
    if (byTarget && this.bytesDown === 0) {
      const refusal = this.#context.connector.explainAbort?.(error);
      if (refusal !== undefined) return this.#count("connect-failed", refusal);
    }
    this.#context.stats.aborted++;
    const reason = error === undefined ? undefined : messageOf(error);
    this.#end(byTarget ? "aborted-by-target" : "aborted-by-client", reason);
  }

  /** Records how the connection ended; the first record has the cause. */
  #end(ending: ConnectionEnding, reason?: string): void {
    this.#endedAt ??= performance.now();
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#reason ??= reason;
  }

  /** Ends a connection whose client left or was reset before its first request. */
  #gone(error: unknown): false {
    if (error instanceof TypeError) throw error;
    this.abort("aborted-by-client", messageOf(error));
    return false;
  }

  async #sendPrelude({ bytes, id }: Prelude, upstream: Side): Promise<boolean> {
    this.#id = id;
    try {
      await writeAll(upstream.stream, bytes);
      return true;
    } catch (error) {
      this.#refuse("connect-failed", error);
      return false;
    }
  }

  #refuse(reason: RefusalReason | "handshake-failed", error: unknown): void {
    if (this.#ended) return;
    this.#count(reason, messageOf(error));
    this.abort(reason);
  }

  #count(reason: RefusalReason | "handshake-failed", message: string): void {
    const { stats } = this.#context;
    if (reason === "handshake-failed") stats.handshakeFailures++;
    else stats.refused[reason]++;
    this.#end(reason, message);
    this.#context.onRefused(this.record());
  }

  onLinger(): void {
    this.#lingering = true;
  }

  /** Ends the connection if its phase exceeds the time limit; called a few times a second. */
  enforceLimits(now: number): void {
    const { limits } = this.#context;
    const total = this.bytesUp + this.bytesDown;
    if (total !== this.#lastTotal) {
      this.#lastTotal = total;
      this.#since = now;
      return;
    }
    const spent = now - this.#since;
    switch (this.#phase) {
      case "handshake":
        if (spent < limits.handshakeMs) return;
        this.#count("handshake-failed", "the TLS handshake exceeded its time limit");
        return this.abort("handshake-failed");
      case "admit":
        // The guard has its own time limit.
        return;
      case "connect":
        // The connector has its own time limit; this covers one that hangs.
        if (spent < limits.connectMs + 1000) return;
        this.#count("connect-timeout", "the connection to the target exceeded its time limit");
        return this.abort("connect-timeout");
      case "open":
        // Otherwise the relay would notice its end only when the target reads again.
        if (this.uploading && this.#arrival.side.wasReset?.(!this.answered)) {
          if (!this.answered) {
            return this.abort("aborted-by-client", "the client reset the connection");
          }
          // It may have closed after its response: the target may still take the remaining bytes.
          this.#lingering = true;
        }
        if (spent >= (this.#lingering ? Math.min(LINGER_MS, limits.idleMs) : limits.idleMs)) {
          this.abort("idle-timeout");
        }
    }
  }

  /** Aborts both sides at once. */
  abort(ending: ConnectionEnding, reason?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#end(ending, reason);
    if (this.#phase === "open") this.#context.stats.aborted++;
    this.#arrival.side.abort();
    this.#upstream?.abort();
  }
}

function refusalOf(error: unknown): RefusalReason {
  if (!(error instanceof SessionctlError)) return "connect-failed";
  switch (error.code) {
    case "NO_TARGET":
      return "no-target";
    case "TIMED_OUT":
      return "connect-timeout";
    case "NOT_FOUND":
      return "unknown-server-name";
    default:
      return "connect-failed";
  }
}
