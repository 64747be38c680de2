/** How a source of bytes is told to stop, and to go on. */
export interface Backpressure {
  /** With more bytes than this waiting, the source is paused. */
  readonly pauseAboveBytes: number;
  pause(): void;
  resume(): void;
}

/**
 * Bytes that a source pushes and one reader pulls, in between. A connection whose data arrives as
 * events (`node:net`, a WebSocket) becomes one with `read`.
 *
 * @example
 * ```ts
 * const received = new ReceivedBytes({ pauseAboveBytes: 65_536, pause, resume });
 * socket.on("data", (bytes) => received.push(bytes));
 * socket.on("end", () => received.end());
 * const count = await received.read(buffer); // null at the end
 * ```
 */
export class ReceivedBytes {
  readonly #source: Backpressure;
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #isOver = false;
  #isPaused = false;
  #wake: (() => void) | undefined;

  constructor(source: Backpressure) {
    this.#source = source;
  }

  /** How many bytes wait to be read. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether nothing more will arrive. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes bytes that arrived, which nobody may change afterwards. After the end it takes none. */
  push(bytes: Uint8Array): void {
    if (this.#isOver || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#waiting += bytes.length;
    if (!this.#isPaused && this.#waiting > this.#source.pauseAboveBytes) {
      this.#isPaused = true;
      this.#source.pause();
    }
    this.#wake?.();
  }

  /** Nothing more will arrive; what waits can still be read. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** Ends, and drops what waits. */
  discard(): void {
    this.#chunks.length = 0;
    this.#waiting = 0;
    this.end();
  }

  /**
   * Reads what waits, or the next bytes to arrive. There may be one read at a time.
   *
   * @returns the number of bytes; null at the end.
   */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    this.#waiting -= count;
    if (this.#isPaused && this.#waiting <= this.#source.pauseAboveBytes) {
      this.#isPaused = false;
      this.#source.resume();
    }
    return count;
  }
}
