import { messageOf, SessionctlError } from "../platform/mod.ts";
import { carry, type CarryState, writeAll } from "./carry.ts";
import type { Side } from "./side.ts";
import { observe, type Refusal, type RelayStats } from "./stats.ts";
import type { Arrival, Connector, RelayLimits } from "./types.ts";

/** Without a byte moving, a connection one side of which is gone is kept this long, in milliseconds. */
const LINGER_MS = 30_000;

/** Why a guard turned a client away. */
export interface Rejection {
  readonly reason: Refusal;
  readonly message: string;
}

/** Lets a client's connection in, and sees what it sends before the target does. */
export interface Guard {
  /** Whether the client may come in; if not, it has been told and has ended. */
  admit(): Promise<boolean>;
  /** Why it may not, unless it left by itself. */
  readonly rejection: Rejection | undefined;
  readonly side: Side;
}

/** What every connection of a relay shares. */
export interface ConnectionContext {
  readonly connector: Connector;
  readonly limits: RelayLimits;
  readonly stats: RelayStats;
  /** The bytes the target is sent ahead of the client's own, if any. */
  readonly prelude: ((arrival: Arrival) => Uint8Array) | undefined;
  /** Stands between client and target, if anything does. */
  readonly guard: ((client: Side) => Guard) | undefined;
  /** Told why a connection was not carried. */
  onRefused(reason: Refusal | "handshake", message: string, arrival: Arrival): void;
}

/** One connection from its arrival to its end. */
export class RelayConnection implements CarryState {
  bytesUp = 0;
  bytesDown = 0;
  readonly #arrival: Arrival;
  readonly #context: ConnectionContext;
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

  /** Carries the connection; never throws for what a peer did. */
  async run(): Promise<void> {
    const { stats, limits, connector, prelude } = this.#context;
    let client = this.#arrival.side;
    let info;
    try {
      info = await this.#arrival.handshake();
    } catch (error) {
      client.failed(error);
      return this.#refuse(
        error instanceof SessionctlError ? "client-not-allowed" : "handshake",
        error,
      );
    }
    if (this.#ended) return;
    const shaken = performance.now();
    observe(stats.handshake, shaken - this.#since);
    if (this.#context.guard) {
      const guard = this.#context.guard(client);
      this.#phase = "admit";
      if (!(await guard.admit().catch((error) => this.#gone(error)))) {
        const { rejection } = guard;
        if (rejection) this.#count(rejection.reason, rejection.message);
        this.#ended = true;
        return;
      }
      client = guard.side;
    }
    this.#phase = "connect";
    const admitted = this.#since = performance.now();
    let upstream: Side;
    try {
      upstream = await connector.connect(info, limits.connectMs);
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
    if (ending === "aborted" && !this.#ended) stats.aborted++;
    this.#ended = true;
  }

  /** The client left or was reset before its first request. */
  #gone(error: unknown): false {
    if (error instanceof TypeError) throw error;
    this.abort();
    return false;
  }

  async #sendPrelude(bytes: Uint8Array, upstream: Side): Promise<boolean> {
    try {
      await writeAll(upstream.stream, bytes);
      return true;
    } catch (error) {
      this.#refuse("connect-failed", error);
      return false;
    }
  }

  #refuse(reason: Refusal | "handshake", error: unknown): void {
    if (this.#ended) return;
    this.#count(reason, messageOf(error));
    this.abort();
  }

  #count(reason: Refusal | "handshake", message: string): void {
    const { stats } = this.#context;
    if (reason === "handshake") stats.handshakeFailures++;
    else stats.refused[reason]++;
    this.#context.onRefused(reason, message, this.#arrival);
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
        this.#count("handshake", "the TLS handshake took too long");
        return this.abort();
      case "admit":
        // The guard has its own limit.
        return;
      case "connect":
        // The connector gives up by itself; this is for one that cannot.
        if (spent < limits.connectMs + 1000) return;
        this.#count("connect-timeout", "connecting to the target took too long");
        return this.abort();
      case "open":
        if (spent >= (this.#lingering ? Math.min(LINGER_MS, limits.idleMs) : limits.idleMs)) {
          this.abort();
        }
    }
  }

  /** Ends both sides at once, neither of them cleanly. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#phase === "open") this.#context.stats.aborted++;
    this.#arrival.side.abort();
    this.#upstream?.abort();
  }
}

function refusalOf(error: unknown): Refusal {
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
