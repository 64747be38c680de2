import { messageOf } from "../errors.ts";
import { Later, RepeatedMessages } from "../platform/mod.ts";
import { Recent, type RelayActivity } from "./log/activity.ts";
import { RelayConnection } from "./connection.ts";
import type { ConnectionContext, OpenConnection } from "./connection_context.ts";
import { connectionLine, type ConnectionRecord } from "./log/record.ts";
import { RefusalLog } from "./log/refusal_log.ts";
import { emptyStats, type RelayStats } from "./status/stats.ts";
import type { Acceptor, Arrival, Connector, Material, RelayLimits } from "./types.ts";
import type { Side } from "./data/side.ts";

/** Interval at which time limits are checked, in milliseconds; each may be exceeded by that much. */
const SWEEP_MS = 250;
/** Pause after a failed accept (most likely: no descriptor left), in milliseconds. */
const RETRY_ACCEPT_MS = 50;
const NO_LIMITS: Required<RelayLimits> = {
  maxConnections: Infinity,
  handshakeMs: Infinity,
  connectMs: Infinity,
  idleMs: Infinity,
  shutdownMs: Infinity,
};
/** Number of refusals, and of ended connections, that are remembered. */
const REMEMBERED = 100;
/** Number of open connections that the status describes. */
const MOST_DESCRIBED = 200;

export interface RelayOptions {
  readonly acceptor: Acceptor;
  readonly connector: Connector;
  readonly limits: RelayLimits;
  readonly prelude?: ConnectionContext["prelude"];
  /** Makes the guard between client and target, such as an HTTP guard. */
  readonly guard?: ConnectionContext["guard"];
  /** Whether the log has a line for each connection that ended. */
  readonly logConnections?: boolean;
  /** Called with each line for the relay's log. */
  log(line: string): void;
}

/**
 * Accepts connections and carries each to its target until it is closed.
 *
 * @example
 * ```ts
 * const relay = new Relay({ acceptor, connector, limits: { idleMs: 60_000 }, log: console.error });
 * await relay.close();
 * ```
 */
export class Relay {
  readonly #acceptor: Acceptor;
  readonly #connector: Connector;
  readonly #limits: Required<RelayLimits>;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<OpenConnection>();
  readonly #stats = emptyStats();
  readonly #messages: RepeatedMessages;
  readonly #refusals: RefusalLog;
  readonly #recentlyRefused = new Recent<ConnectionRecord>(REMEMBERED);
  readonly #recentlyEnded = new Recent<ConnectionRecord>(REMEMBERED);
  readonly #logConnection: (record: ConnectionRecord) => void;
  /** Runs only while there are connections, or refusals that are not in the log yet. */
  readonly #sweeper = new Later(SWEEP_MS, () => this.#sweep());
  readonly #accepting: Promise<void>;
  #closing = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: RelayOptions) {
    this.#acceptor = options.acceptor;
    this.#connector = options.connector;
    this.#limits = { ...NO_LIMITS, ...options.limits };
    this.#messages = new RepeatedMessages(options.log);
    this.#refusals = new RefusalLog(options.log);
    this.#logConnection = (record) => {
      if (options.logConnections) options.log(connectionLine(record));
    };
    this.#context = {
      connector: options.connector,
      limits: this.#limits,
      stats: this.#stats,
      prelude: options.prelude,
      guard: options.guard,
      onRefused: (record) => {
        this.#recentlyRefused.add(record);
        // Otherwise the connection has its own line.
        if (!options.logConnections) this.#refusals.add(record);
        this.#sweeper.start();
      },
      onInternalError: (error) => {
        this.#messages.say("internal", `internal error: ${messageOf(error)}`);
      },
      onEnded: (connection) => this.#finish(connection),
    };
    this.#accepting = this.#acceptAll();
  }

  /** The addresses on which the relay listens. */
  get address(): string {
    return this.#acceptor.address;
  }

  /** The counts so far. */
  stats(): RelayStats {
    const { bytesUp, bytesDown, ...rest } = this.#stats;
    const total = { ...rest, bytesUp, bytesDown, open: this.#connections.size };
    for (const connection of this.#connections) {
      total.bytesUp += connection.bytesUp;
      total.bytesDown += connection.bytesDown;
    }
    return total;
  }

  /** The most recent connections and refusals. */
  activity(): RelayActivity {
    const open: ConnectionRecord[] = [];
    for (const connection of this.#connections) {
      if (open.push(connection.record()) >= MOST_DESCRIBED) break;
    }
    return {
      open,
      ended: this.#recentlyEnded.list(),
      refused: this.#recentlyRefused.list(),
      targets: this.#connector.targets(),
    };
  }

  /** Whether a target accepts a connection now; see {@link Connector.accepts}. */
  healthy(check?: (side: Side) => Promise<void>): Promise<boolean> {
    return this.#connector.accepts(check);
  }

  /** Uses new credentials for new connections; open ones continue. */
  reload(fresh: Material): void {
    this.#acceptor.reload?.(fresh);
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closing) {
      if (this.#connections.size >= this.#limits.maxConnections) {
        // Further connections wait in the kernel's queue.
        await this.#change(Infinity);
        continue;
      }
      try {
        const arrival = await this.#acceptor.accept();
        if (arrival === undefined) return;
        this.#start(arrival);
      } catch (error) {
        if (this.#closing) return;
        this.#messages.say("accept", `cannot accept a connection: ${messageOf(error)}`);
        await this.#change(RETRY_ACCEPT_MS);
      }
    }
  }

  #start(arrival: Arrival): void {
    const connection = new RelayConnection(arrival, this.#context);
    this.#connections.add(connection);
    this.#sweeper.start();
    this.#stats.accepted++;
    connection.run();
  }

  /** Records and logs a connection that has ended, once. */
  #finish(connection: OpenConnection): void {
    if (!this.#connections.delete(connection)) return;
    const record = connection.record();
    this.#recentlyEnded.add(record);
    this.#logConnection(record);
    this.#stats.bytesUp += connection.bytesUp;
    this.#stats.bytesDown += connection.bytesDown;
    this.#wake();
  }

  /** Waits until a connection ends, at most `ms` milliseconds. */
  async #change(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = ms < 2 ** 31 ? setTimeout(resolve, ms) : undefined;
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.enforceLimits(now);
    this.#refusals.flush();
    if (this.#connections.size > 0 || this.#refusals.isGathering) this.#sweeper.start();
  }

  /**
   * Stops accepting, waits for open connections until the shutdown time limit, and aborts the rest.
   *
   * @returns the number of aborted connections.
   */
  async close(graceMs = this.#limits.shutdownMs): Promise<number> {
    this.#closing = true;
    this.#acceptor.close();
    const until = performance.now() + graceMs;
    while (this.#connections.size > 0) {
      const left = until - performance.now();
      if (left <= 0) break;
      await this.#change(left);
    }
    const aborted = this.#connections.size;
    this.abort();
    // The process may end before their reads and writes have failed.
    for (const connection of this.#connections) this.#finish(connection);
    this.#wake();
    await this.#accepting;
    this.#sweeper.stop();
    this.#messages.flush(true);
    this.#refusals.flush(true);
    return aborted;
  }

  /** Aborts every open connection. */
  abort(): void {
    for (const connection of this.#connections) connection.abort("shutdown");
  }
}
