/** The functions that pause and resume a source of bytes. */
export interface Backpressure {
  /** The source is paused while more bytes than this wait. */
  readonly pauseAboveBytes: number;
  pause(): void;
  resume(): void;
}

/**
 * Connects a source that pushes bytes with a reader that pulls them. It turns a connection whose
 * data arrives as events (`node:net`, a WebSocket) into one with `read`.
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

  /** Number of bytes that wait to be read. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether nothing more will arrive. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Takes received bytes, which must not be modified afterwards. After the end, it ignores them.
   */
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

  /** Marks the end; waiting bytes can still be read. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** Ends, and discards waiting bytes. */
  discard(): void {
    this.#chunks.length = 0;
    this.#waiting = 0;
    this.end();
  }

  /**
   * Reads waiting bytes, or the next ones to arrive. Only one read may be in progress.
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
