import { SessionctlError } from "../errors.ts";

/** A source of bytes, such as a connection's `read`; `null` is the end. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

const INITIAL_BYTES = 4096;
/** A larger buffer is released when it is empty, because a kept connection may be idle for long. */
const KEPT_BYTES = 64 * 1024;

/**
 * Reads a connection through one buffer that grows as bytes arrive, never by a length that a peer
 * claims.
 */
export class ByteReader {
  readonly #source: ByteSource;
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;

  /** @param buffer Initial memory, which the caller may reuse when the reader is done. */
  constructor(source: ByteSource, buffer = new Uint8Array(INITIAL_BYTES)) {
    this.#source = source;
    this.#buffer = buffer;
  }

  /** The bytes that arrived and were not consumed yet; valid until the next call. */
  get buffered(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Drops the first `count` buffered bytes. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start !== this.#end) return;
    this.#start = this.#end = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = new Uint8Array(INITIAL_BYTES);
  }

  /** Reads more; returns false at the end of the stream. */
  async fill(): Promise<boolean> {
    if (this.#end === this.#buffer.length) this.#makeRoom();
    const count = await this.#source.read(this.#buffer.subarray(this.#end));
    if (count === null) return false;
    this.#end += count;
    return true;
  }

  #makeRoom(): void {
    const kept = this.buffered;
    if (kept.length <= this.#buffer.length / 2) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(kept);
      this.#buffer = larger;
    }
    this.#start = 0;
    this.#end = kept.length;
  }

  /**
   * Returns the bytes up to and including the first `CR LF CR LF` or, with `line`, the first `CR
   * LF`; null if the stream ends before the first of them arrives.
   *
   * @throws {SessionctlError} `HEAD_TOO_LARGE` beyond `limit` bytes, `CONNECTION_CLOSED` if the
   * stream ends in the middle.
   */
  async takeUntilBreak(
    limit: number,
    line = false,
  ): Promise<Uint8Array | null> {
    let searched = 0;
    for (;;) {
      const found = findBreak(this.buffered, searched, line);
      if (found > limit || (found < 0 && this.length > limit)) {
        throw new SessionctlError(
          "HEAD_TOO_LARGE",
          `the message's head exceeds ${limit} bytes`,
        );
      }
      if (found >= 0) {
        const taken = this.buffered.subarray(0, found);
        this.skip(found);
        return taken;
      }
      searched = Math.max(0, this.length - 3);
      if (!(await this.fill())) {
        if (this.length === 0) return null;
        throw new SessionctlError(
          "CONNECTION_CLOSED",
          "the connection ended within a message",
        );
      }
    }
  }

  /** Returns exactly `count` bytes in their own memory. */
  async takeExactly(count: number): Promise<Uint8Array> {
    while (this.length < count) {
      if (!(await this.fill())) {
        throw new SessionctlError(
          "CONNECTION_CLOSED",
          "the connection ended within a message",
        );
      }
    }
    const taken = this.buffered.slice(0, count);
    this.skip(count);
    return taken;
  }

  /** Returns everything up to the end of the stream, at most `limit` bytes. */
  async takeAll(limit: number): Promise<Uint8Array> {
    while (await this.fill()) {
      if (this.length > limit) {
        throw new SessionctlError(
          "MESSAGE_TOO_LARGE",
          `the message's body exceeds ${limit} bytes`,
        );
      }
    }
    return this.takeExactly(this.length);
  }
}

const CR = 13;
const LF = 10;

/** The index after the first line break (or empty line) at or after `from`; -1 if there is none. */
function findBreak(bytes: Uint8Array, from: number, line: boolean): number {
  for (
    let at = bytes.indexOf(LF, from + 1);
    at !== -1;
    at = bytes.indexOf(LF, at + 1)
  ) {
    if (bytes[at - 1] !== CR) continue;
    if (line || (at >= 3 && bytes[at - 2] === LF && bytes[at - 3] === CR)) {
      return at + 1;
    }
  }
  return -1;
}
