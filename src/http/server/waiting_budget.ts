import { setImmediate } from "node:timers";

/** How often those who wait for room look again, in milliseconds. */
const LOOK_MS = 20;
/** Whoever made no progress for so long gives way to those who wait for room, in milliseconds. */
const PATIENCE_MS = 500;

/**
 * One limit for everything that waits in memory for any peer: answers, events, messages,
 * requests that are still arriving. A limit for each connection does not bound a process with
 * many connections. When the budget is exceeded, the slowest connections end.
 */
export class WaitingBudget {
  readonly #limitBytes: number;
  readonly #shares = new Set<WaitingShare>();
  #bytes = 0;
  /** What those who wait for room want. */
  #wanted = 0;
  #lastTurn: Promise<void> = Promise.resolve();

  /** @param limitBytes How much may wait over all connections, in bytes. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** How much waits now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The part of one connection.
   *
   * @param end Ends that connection, at once.
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
   * Resolves in a turn of the event loop that is the caller's alone, when there is room. To be
   * awaited before a long message is made of which the size is not known: many of them made in
   * one turn would all be in memory before the first connection could end.
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

  /** Ends connections until there is room: first those that kept the most waiting for the longest. */
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

/** What waits for one connection, as its {@link WaitingBudget} counts it. */
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

  /** How much waits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When it last became less, or began to wait, a `performance.now()`. */
  get since(): number {
    return this.#since;
  }

  /** Says how much waits now. It may end this connection, or others. */
  set(bytes: number): void {
    const by = bytes - this.#bytes;
    if (by === 0 || this.#over) return;
    if (by < 0 || this.#bytes === 0) this.#since = performance.now();
    this.#bytes = bytes;
    this.#host.changed(by);
  }

  /**
   * Waits until there is room for `bytes` bytes, and takes it. What waited before is taken to
   * be gone.
   */
  async reserve(bytes: number): Promise<void> {
    this.set(0);
    await this.#host.untilRoom(bytes, () => this.#over);
    this.set(bytes);
  }

  /** The connection has ended: nothing waits for it. */
  leave(): void {
    if (this.#over) return;
    this.set(0);
    this.#over = true;
    this.#host.left();
  }
}
