import { BUFFER_BYTES, giveBuffer, nextLevel, takeBuffer } from "./buffers.ts";
import type { Side } from "./side.ts";

/** The largest TLS record's plaintext. Source: RFC 8446, section 5.1. */
const RECORD_BYTES = 16 * 1024;
/** Turns of the microtask queue after which a read that found its bytes in place has told so. */
const TURNS = 4;
const LARGEST = BUFFER_BYTES.length - 1;

/** A read that may still be under way, and where it puts its bytes. */
interface Begun {
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
  #begun: Begun | undefined;

  constructor(side: Side) {
    this.#side = side;
  }

  /**
   * @returns bytes that are valid until the next call; null at the end.
   * @throws what the read met.
   */
  async next(): Promise<Uint8Array | null> {
    const { at, count } = this.#begun ?? this.#begin(0);
    const first = await count;
    this.#begun = undefined;
    if (first === null) return null;
    let end = at + first;
    this.#wanted = nextLevel(this.#level, first);
    if (first >= RECORD_BYTES && this.#level === LARGEST && this.#side.givesRecords) {
      end = await this.#gather(end);
    }
    return this.#buffer.subarray(at, end);
  }

  /** Reads on while there is room for a record and nothing to wait for; gives the end of the bytes. */
  async #gather(end: number): Promise<number> {
    while (this.#buffer.length - end >= RECORD_BYTES) {
      const begun = this.#begin(end);
      for (let turn = 0; turn < TURNS && !begun.settled; turn++) await undefined;
      if (!begun.settled) break;
      // An end or an error is the next call's.
      const more = await begun.count.catch(() => null);
      if (more === null) break;
      this.#begun = undefined;
      end += more;
    }
    return end;
  }

  #begin(at: number): Begun {
    if (at === 0 && this.#wanted !== this.#level) {
      giveBuffer(this.#level, this.#buffer);
      this.#buffer = takeBuffer(this.#level = this.#wanted);
    }
    const count = this.#side.stream.read(at === 0 ? this.#buffer : this.#buffer.subarray(at));
    const begun = { at, count, settled: false };
    const settle = () => {
      begun.settled = true;
    };
    count.then(settle, settle);
    return this.#begun = begun;
  }

  /** Gives the buffer back; nothing may be read afterwards. */
  release(): void {
    // A read under way would write into somebody else's bytes.
    if (!this.#begun || this.#begun.settled) giveBuffer(this.#level, this.#buffer);
  }
}
