import { messageOf, SessionctlError } from "../errors.ts";
import { carry, type CarryState } from "./data/carry.ts";
import { writeAll } from "../platform/mod.ts";
import type { ConnectionEnding, ConnectionRecord } from "./log/record.ts";
import type { Side } from "./data/side.ts";
import { observe, type RefusalReason, type RelayStats } from "./status/stats.ts";
import { formatAddress } from "./listen/tls_acceptor.ts";
import type { Arrival, ClientInfo, Connector, RelayLimits } from "./types.ts";

/** Without a byte moving, a connection one side of which is gone is kept this long, in milliseconds. */
const LINGER_MS = 30_000;

/** Why a guard refused a client, or a later request of a client that it had let in. */
export interface Rejection {
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Lets a client's connection in, and sees what it sends before the target does. */
export interface Guard {
  /** Whether the client may come in; if not, it has been told and has ended. */
  admit(): Promise<boolean>;
  readonly side: Side;
}

/** Makes the guard of one client; the guard calls `onRejected` as soon as it refuses a request. */
export type MakeGuard = (client: Side, onRejected: (rejection: Rejection) => void) => Guard;

/** What every connection of a relay shares. */
export interface ConnectionContext {
  readonly connector: Connector;
  readonly limits: Required<RelayLimits>;
  readonly stats: RelayStats;
  /** What the target is sent ahead of the client's own bytes, if anything. */
  readonly prelude: ((arrival: Arrival) => Prelude) | undefined;
  /** Stands between client and target, if anything does. */
  readonly guard: MakeGuard | undefined;
  /** Told of a connection that is not carried, as soon as that is known. */
  onRefused(record: ConnectionRecord): void;
}

/** What a target is sent ahead of a client's own bytes. */
export interface Prelude {
  readonly bytes: Uint8Array;
  /** The id among them. */
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
  /** What ended both directions. */
  #failure: { readonly side: Side; readonly error: unknown } | undefined;
  #endedAt: number | undefined;
  #upstream: Side | undefined;
  #phase: "handshake" | "admit" | "connect" | "open" = "handshake";
  #ended = false;
  #lingering = false;
  #lastTotal = 0;
  /** When the current phase began or a byte was last seen to have moved. */
  #since = performance.now();

  constructor(arrival: Arrival, context: ConnectionContext) {
    this.#arrival = arrival;
    this.#context = context;
  }

  /** What is known of it by now. */
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

  /** Carries the connection; never throws for what a peer did. */
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
    // A refused request has told already how the connection ends.
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

  /** Notes how it ended; the first to say so knows why. */
  #end(ending: ConnectionEnding, reason?: string): void {
    this.#endedAt ??= performance.now();
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#reason ??= reason;
  }

  /** The client left or was reset before its first request. */
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

  /** Ends the connection if it is in one phase for too long; asked a few times a second. */
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
        // The guard has its own limit.
        return;
      case "connect":
        // The connector gives up by itself; this is for one that cannot.
        if (spent < limits.connectMs + 1000) return;
        this.#count("connect-timeout", "the connection to the target exceeded its time limit");
        return this.abort("connect-timeout");
      case "open":
        // Else its end would be noticed only once the target reads on.
        if (this.uploading && this.#arrival.side.wasReset?.(!this.answered)) {
          if (!this.answered) {
            return this.abort("aborted-by-client", "the client reset the connection");
          }
          // It may have closed because it had its answer: the target may still take what waits.
          this.#lingering = true;
        }
        if (spent >= (this.#lingering ? Math.min(LINGER_MS, limits.idleMs) : limits.idleMs)) {
          this.abort("idle-timeout");
        }
    }
  }

  /** Ends both sides at once, neither of them cleanly. */
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
