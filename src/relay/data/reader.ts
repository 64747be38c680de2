import { BUFFER_BYTES, giveBuffer, nextLevel, takeBuffer } from "./buffers.ts";
import type { Side } from "./side.ts";

/** The largest TLS record's plaintext. Source: RFC 8446, section 5.1. */
const RECORD_BYTES = 16 * 1024;
/** Turns of the microtask queue after which a read that found its bytes in place has told so. */
const TURNS = 4;
const LARGEST = BUFFER_BYTES.length - 1;

/** A read that may still be under way, and where it puts its bytes. */
interface Ahead {
  readonly at: number;
  readonly count: Promise<number | null>;
  settled: boolean;
}

/**
 * Reads one side of a connection in large pieces.
 *
 * The runtime gives out TLS one record at a time, and each piece that is written wakes
 * whoever reads it. So of a bulk transfer over TLS, what has arrived is gathered first,
 * up to the largest buffer, as long as that takes no waiting.
 */
export class Reader {
  readonly #side: Side;
  #level = 0;
  #buffer = takeBuffer(0);
  /** The size for the next read. */
  #wanted = 0;
  /** Where the bytes of the read under way begin. */
  #start = 0;
  /** A read that was begun although the bytes before it are still in use. */
  #ahead: Ahead | undefined;

  constructor(side: Side) {
    this.#side = side;
  }

  /**
   * Reads once.
   *
   * @returns how many bytes came, for `take`; null at the end.
   * @throws what the read met.
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

  /** The `count` bytes that `read` told; valid until the next read. */
  take(count: number): Uint8Array {
    this.#ahead = undefined;
    this.#wanted = nextLevel(this.#level, count);
    return this.#buffer.subarray(this.#start, this.#start + count);
  }

  /** Whether bytes just taken are likely to be followed by others that are here already. */
  hasMore({ length }: Uint8Array): boolean {
    return length >= RECORD_BYTES && this.#level === LARGEST && this.#side.givesRecords;
  }

  /** Reads on behind `taken` while there is room for a record and nothing to wait for. */
  async gather(taken: Uint8Array): Promise<Uint8Array> {
    let end = this.#start + taken.length;
    while (this.#buffer.length - end >= RECORD_BYTES) {
      const ahead = this.#readAhead(end);
      for (let turn = 0; turn < TURNS && !ahead.settled; turn++) await undefined;
      if (!ahead.settled) break;
      // An end or an error is for the next read to tell.
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

  /** Gives the buffer back; nothing may be read afterwards. */
  release(): void {
    // A read under way would write into somebody else's bytes.
    if (!this.#ahead || this.#ahead.settled) giveBuffer(this.#level, this.#buffer);
  }
}
