import { setImmediate } from "node:timers";

/** Interval at which waiting callers check for room, in milliseconds. */
const LOOK_MS = 20;
/** A connection without progress for this long may be ended to make room, in milliseconds. */
const PATIENCE_MS = 500;

/**
 * One limit for all data that waits in memory for any peer: answers, events, messages, and requests
 * that are still arriving. A limit per connection does not bound a process with many connections.
 * When the budget is exceeded, the slowest connections are ended.
 */
export class WaitingBudget {
  readonly #limitBytes: number;
  readonly #shares = new Set<WaitingShare>();
  #bytes = 0;
  /** Number of bytes that waiting callers want. */
  #wanted = 0;
  #lastTurn: Promise<void> = Promise.resolve();

  /** @param limitBytes Maximum number of waiting bytes of all connections. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Number of bytes that wait now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Returns the share of one connection.
   *
   * @param end Ends that connection immediately.
   */
  join(end: () => void): WaitingShare {
    const share = new WaitingShare(end, {
      changed: (by) => {
        this.#bytes += by;
        if (by > 0 && this.#bytes > this.#limitBytes) this.#endSlowest(0);
      },
      left: () => void this.#shares.delete(share),
      untilRoom: (bytes, isOver) => this.#untilRoom(bytes, isOver),
    });
    this.#shares.add(share);
    return share;
  }

  /**
   * Resolves when there is room, in a turn of the event loop that belongs to the caller alone.
   * Await this before creating a long message of unknown size: many of them created in one turn
   * would all be in memory before the first connection could end.
   */
  turn(): Promise<void> {
    const turn = this.#lastTurn.then(async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#bytes > this.#limitBytes / 2) await this.#untilRoom(this.#limitBytes / 2);
    });
    return this.#lastTurn = turn;
  }

  async #untilRoom(bytes: number, isOver = () => false): Promise<void> {
    this.#wanted += bytes;
    while (!isOver() && this.#bytes > 0 && this.#bytes + bytes > this.#limitBytes) {
      await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS));
      if (this.#bytes + this.#wanted > this.#limitBytes) this.#endSlowest(PATIENCE_MS);
    }
    this.#wanted -= bytes;
  }

  /**
   * Ends connections until there is room, starting with those whose data waited most and longest.
   */
  #endSlowest(patienceMs: number): void {
    const now = performance.now();
    const score = (share: WaitingShare) => share.bytes * (now - share.since + 1);
    const slow = [...this.#shares]
      .filter(({ bytes, since }) => bytes > 0 && now - since >= patienceMs)
      .sort((a, b) => score(b) - score(a));
    for (const share of slow) {
      if (this.#bytes + this.#wanted <= this.#limitBytes) return;
      share.leave();
      share.end();
    }
  }
}

interface ShareHost {
  changed(by: number): void;
  left(): void;
  untilRoom(bytes: number, isOver: () => boolean): Promise<void>;
}

/** The waiting data of one connection, as its {@link WaitingBudget} counts it. */
export class WaitingShare {
  readonly #host: ShareHost;
  /** Ends the connection. */
  readonly end: () => void;
  #bytes = 0;
  #since = 0;
  #over = false;

  constructor(end: () => void, host: ShareHost) {
    this.end = end;
    this.#host = host;
  }

  /** Number of waiting bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Time when it last decreased or started to wait, as a `performance.now()` value. */
  get since(): number {
    return this.#since;
  }

  /** Sets the number of waiting bytes. This may end this connection, or others. */
  set(bytes: number): void {
    const by = bytes - this.#bytes;
    if (by === 0 || this.#over) return;
    if (by < 0 || this.#bytes === 0) this.#since = performance.now();
    this.#bytes = bytes;
    this.#host.changed(by);
  }

  /**
   * Waits until there is room for `bytes` bytes, and takes it. The bytes that waited before count
   * as gone.
   */
  async reserve(bytes: number): Promise<void> {
    this.set(0);
    await this.#host.untilRoom(bytes, () => this.#over);
    this.set(bytes);
  }

  /** Called when the connection has ended: none of its bytes wait any more. */
  leave(): void {
    if (this.#over) return;
    this.set(0);
    this.#over = true;
    this.#host.left();
  }
}
