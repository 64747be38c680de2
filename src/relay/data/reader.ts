import { BUFFER_BYTES, giveBuffer, nextLevel, takeBuffer } from "./buffers.ts";
import type { Side } from "./side.ts";

/** The largest TLS record's plaintext. Source: RFC 8446, section 5.1. */
const RECORD_BYTES = 16 * 1024;
/** Turns of the microtask queue after which a read of bytes that are already there has resolved. */
const TURNS = 4;
const LARGEST = BUFFER_BYTES.length - 1;

/** A read that may still be in progress, and its destination. */
interface Ahead {
  readonly at: number;
  readonly count: Promise<number | null>;
  settled: boolean;
}

/**
 * Reads one side of a connection in large pieces.
 *
 * The runtime returns one TLS record per read, and each write wakes the reader at the other end. In
 * a bulk transfer over TLS, records that have arrived are therefore gathered first, up to the
 * largest buffer, as long as that needs no waiting.
 */
export class Reader {
  readonly #side: Side;
  #level = 0;
  #buffer = takeBuffer(0);
  /** The size for the next read. */
  #wanted = 0;
  /** The offset at which the bytes of the current read begin. */
  #start = 0;
  /** A read that started while the bytes before it are still in use. */
  #ahead: Ahead | undefined;

  constructor(side: Side) {
    this.#side = side;
  }

  /**
   * Reads once.
   *
   * @returns the number of bytes, for `take`; null at the end.
   * @throws the error of the read.
   */
  read(): Promise<number | null> {
    if (this.#ahead) {
      this.#start = this.#ahead.at;
      return this.#ahead.count;
    }
    this.#start = 0;
    if (this.#wanted !== this.#level) {
      giveBuffer(this.#level, this.#buffer);
      this.#buffer = takeBuffer(this.#level = this.#wanted);
    }
    return this.#side.stream.read(this.#buffer);
  }

  /** The `count` bytes that `read` returned; valid until the next read. */
  take(count: number): Uint8Array<ArrayBuffer> {
    this.#ahead = undefined;
    this.#wanted = nextLevel(this.#level, count);
    return this.#buffer.subarray(this.#start, this.#start + count);
  }

  /** Whether more bytes have probably arrived behind those just taken. */
  hasMore({ length }: Uint8Array): boolean {
    return length >= RECORD_BYTES && this.#level === LARGEST && this.#side.givesRecords;
  }

  /** Continues reading behind `taken` while there is room for a record and no need to wait. */
  async gather(taken: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    let end = this.#start + taken.length;
    while (this.#buffer.length - end >= RECORD_BYTES) {
      const ahead = this.#readAhead(end);
      for (let turn = 0; turn < TURNS && !ahead.settled; turn++) await undefined;
      if (!ahead.settled) break;
      // The next read reports an end or an error.
      const more = await ahead.count.catch(() => null);
      if (more === null) break;
      this.#ahead = undefined;
      end += more;
    }
    return this.#buffer.subarray(this.#start, end);
  }

  #readAhead(at: number): Ahead {
    const count = this.#side.stream.read(this.#buffer.subarray(at));
    const ahead = { at, count, settled: false };
    const settle = () => {
      ahead.settled = true;
    };
    count.then(settle, settle);
    return this.#ahead = ahead;
  }

  /** Returns the buffer; no read is allowed afterwards. */
  release(): void {
    // A read in progress would overwrite the bytes of the buffer's next user.
    if (!this.#ahead || this.#ahead.settled) giveBuffer(this.#level, this.#buffer);
  }
}
