import { messageOf, SessionctlError } from "../errors.ts";
import { carry, type CarryState, type Ending } from "./data/carry.ts";
import { writeAll } from "../platform/mod.ts";
import type { ConnectionEnding, ConnectionRecord } from "./log/record.ts";
import type { Side } from "./data/side.ts";
import { observe, type RefusalReason } from "./status/stats.ts";
import type { ConnectionContext, OpenConnection, Prelude } from "./connection_context.ts";
import { formatAddress } from "./listen/tls_acceptor.ts";
import type { Arrival, ClientInfo, PeerAddress } from "./types.ts";

/** Time for which a connection with one closed side stays open without traffic, in milliseconds. */
const LINGER_MS = 30_000;

/** One connection from its arrival to its end. */
export class RelayConnection implements CarryState, OpenConnection {
  bytesUp = 0;
  bytesDown = 0;
  uploading = false;
  answered = false;
  readonly #side: Side;
  readonly #peer: PeerAddress | undefined;
  /** Undefined once both sides are connected. */
  #arrival: Arrival | undefined;
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
    this.#side = arrival.side;
    this.#peer = arrival.peer;
    this.#context = context;
  }

  record(): ConnectionRecord {
    const peer = this.#peer;
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

  /** Carries the connection from its handshake to its end. */
  run(): void {
    this.#establish(this.#arrival!).then((client) => {
      this.#arrival = undefined;
      if (client) carry(client, this.#upstream!, this);
      else this.#finish();
    }, (error) => {
      this.abort("internal-error", messageOf(error));
      this.#context.onInternalError(error);
      this.#finish();
    });
  }

  onCarried(ending: Ending): void {
    // A refused request has recorded the end of the connection already.
    if (ending === "aborted" && !this.#ended && this.#ending === undefined) this.#explainAbort();
    this.#ended = true;
    this.#finish();
  }

  #finish(): void {
    this.#end("closed");
    this.#context.onEnded(this);
  }

  /**
   * Brings the connection to the point where both sides are connected.
   *
   * @returns the client's side as the target sees it; undefined if the connection has ended.
   */
  async #establish(arrival: Arrival): Promise<Side | undefined> {
    const { stats, prelude } = this.#context;
    const connecting = this.#connectEarly(arrival);
    const isShaken = await this.#shakeHands(arrival);
    if (!isShaken || this.#ended) return abandon(connecting);
    observe(stats.handshake, performance.now() - this.#since);
    const client = await this.#admit();
    if (!client) return undefined;
    this.#phase = "connect";
    this.#since = performance.now();
    let upstream: Side;
    try {
      upstream = await (connecting ?? this.#connect());
    } catch (error) {
      return this.#refuse(refusalOf(error), error);
    }
    if (this.#ended) return void upstream.abort();
    this.#upstream = upstream;
    this.#phase = "open";
    this.#since = performance.now();
    const isOpen = !prelude || await this.#sendPrelude(prelude(arrival), upstream);
    return isOpen ? client : undefined;
  }

  /** @returns whether the client completed the handshake, and is accepted by its certificate. */
  async #shakeHands(arrival: Arrival): Promise<boolean> {
    try {
      this.#info = await arrival.handshake();
      return true;
    } catch (error) {
      this.#info = arrival.known?.() ?? {};
      arrival.side.failed(error);
      const isRefused = error instanceof SessionctlError;
      this.#refuse(isRefused ? "client-not-allowed" : "handshake-failed", error);
      return false;
    }
  }

  /** @returns the client's side as the target sees it; undefined if the guard refused the client. */
  async #admit(): Promise<Side | undefined> {
    const client = this.#side;
    if (!this.#context.guard) return client;
    const guard = this.#context.guard(
      client,
      ({ reason, message }) => this.#count(reason, message),
    );
    this.#phase = "admit";
    if (await guard.admit().catch((error) => this.#gone(error))) return guard.side;
    this.#ended = true;
    return undefined;
  }

  /**
   * Connects to the target during the handshake, if the handshake alone admits any client. With
   * many new connections this saves one wait for each.
   */
  #connectEarly(arrival: Arrival): Promise<Side> | undefined {
    if (!arrival.admitsAll || this.#context.guard) return undefined;
    const connecting = this.#connect();
    connecting.catch(() => {});
    return connecting;
  }

  async #connect(): Promise<Side> {
    const { connector, limits, stats } = this.#context;
    const began = performance.now();
    const { side, target } = await connector.connect(this.#info, limits.connectMs);
    observe(stats.connect, performance.now() - began);
    this.#target = target;
    return side;
  }

  onFailure(side: Side, error: unknown): void {
    if (!this.#ended) this.#failure ??= { side, error };
  }

  #explainAbort(): void {
    const { side, error } = this.#failure ?? {};
    const byTarget = side === this.#upstream;
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

  #refuse(reason: RefusalReason | "handshake-failed", error: unknown): undefined {
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
        if (this.uploading && this.#side.wasReset?.(!this.answered)) {
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

  abort(ending: ConnectionEnding, reason?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#end(ending, reason);
    if (this.#phase === "open") this.#context.stats.aborted++;
    this.#side.abort();
    this.#upstream?.abort();
  }
}

/** Ends a connection to the target that no client uses. */
function abandon(connecting: Promise<Side> | undefined): undefined {
  connecting?.then((upstream) => upstream.abort(), () => {});
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
