/** Maximum number of bytes that wait for a reader before the child has to wait, too. */
const MAX_WAITING = 256 * 1024;
/**
 * A reader that accepts nothing for this long (a paused terminal) is no longer waited for, in
 * milliseconds.
 */
const STALL_MS = 5000;

/** A destination of bytes: our own stdout or stderr. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

export interface OwnOutputOptions {
  /** The time limit of a stalled write; see `STALL_MS`. */
  readonly stallMs?: number;
  /** Called when writing has become impossible. */
  onFailure(error: unknown): void;
  /** Called when the reader continues after a stall, with the number of omitted parts. */
  onLeftOut(parts: number): void;
}

/**
 * Our own stdout or stderr, for a child's lines. A slow reader slows the child down; a reader that
 * has stopped (`| head`, a paused terminal) does not block it.
 */
export class OwnOutput {
  readonly #sink: ByteSink;
  readonly #options: OwnOutputOptions;
  #waiting: Uint8Array[] = [];
  #length = 0;
  #writing: Promise<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  /** Whether the write in progress has taken too long. */
  #overdue = false;
  #leftOut = 0;
  #closed = false;

  constructor(sink: ByteSink, options: OwnOutputOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** @returns a promise while the caller has to wait. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closed) return undefined;
    if (this.#length > MAX_WAITING && this.#overdue) {
      this.#leftOut++;
      return undefined;
    }
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    this.#writing ??= this.#writeWaiting();
    if (this.#length <= MAX_WAITING || this.#overdue) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  async #writeWaiting(): Promise<void> {
    try {
      // Lines of the same turn are written together.
      await undefined;
      while (this.#waiting.length > 0 && !this.#closed) {
        const bytes = joined(this.#waiting);
        this.#waiting = [];
        await this.#writeAll(bytes);
        this.#length -= bytes.length;
        if (this.#length <= MAX_WAITING) this.#makeRoom();
      }
    } catch (error) {
      if (!this.#closed) this.#options.onFailure(error);
      this.close();
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const timer = setTimeout(() => {
        this.#overdue = true;
        this.#makeRoom();
      }, this.#options.stallMs ?? STALL_MS);
      try {
        at += await this.#sink.write(bytes.subarray(at));
      } finally {
        clearTimeout(timer);
        this.#overdue = false;
      }
    }
    if (this.#leftOut === 0 || this.#closed) return;
    this.#options.onLeftOut(this.#leftOut);
    this.#leftOut = 0;
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Resolves when everything is written, or the reader does not accept it. */
  async flush(): Promise<void> {
    while (this.#writing && !this.#closed && !this.#overdue) await this.#writing;
  }

  /** Stops writing, and releases all waiting callers. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#makeRoom();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
