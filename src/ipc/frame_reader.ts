import { FRAME_HEADER_BYTES, FRAME_REGULAR, KNOWN_FRAME_TYPES, protocolError } from "./wire.ts";
import { SessionctlError } from "../platform/mod.ts";

const INITIAL_BYTES = 64 * 1024;

/**
 * Cuts what a connection sends into messages. Its buffer grows as bytes arrive, never
 * by the length a frame claims, and shrinks again behind a long message.
 */
export class FrameReader {
  readonly #maxMessageBytes: number;
  #buffer = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Where the next bytes go. */
  get room(): Uint8Array {
    if (this.#end === this.#buffer.length) this.#makeRoom();
    return this.#buffer.subarray(this.#end);
  }

  /** Says that so many bytes were put into {@link room}. */
  filled(count: number): void {
    this.#end += count;
  }

  /**
   * The next whole message, if there is one; valid until more bytes are put in.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`, `MESSAGE_TOO_LARGE`.
   */
  next(): Uint8Array | undefined {
    for (;;) {
      const at = this.#start;
      const available = this.#end - at;
      if (available < FRAME_HEADER_BYTES) break;
      const bytes = this.#buffer;
      const type = bytes[at]!;
      if (!KNOWN_FRAME_TYPES.has(type)) throw protocolError(`a frame of type ${type}`);
      const size = (bytes[at + 9]! << 24 | bytes[at + 10]! << 16 | bytes[at + 11]! << 8 |
        bytes[at + 12]!) >>> 0;
      if (size > this.#maxMessageBytes) {
        throw new SessionctlError(
          "MESSAGE_TOO_LARGE",
          `a message of ${size} bytes, where ${this.#maxMessageBytes} are allowed`,
        );
      }
      if (available < FRAME_HEADER_BYTES + size) break;
      const begin = at + FRAME_HEADER_BYTES;
      this.#start = begin + size;
      if (type === FRAME_REGULAR) return bytes.subarray(begin, begin + size);
    }
    if (this.#start === this.#end) this.#reset();
    return undefined;
  }

  #reset(): void {
    this.#start = this.#end = 0;
    if (this.#buffer.length > INITIAL_BYTES) this.#buffer = new Uint8Array(INITIAL_BYTES);
  }

  #makeRoom(): void {
    const kept = this.#buffer.subarray(this.#start, this.#end);
    if (kept.length <= this.#buffer.length / 2) this.#buffer.copyWithin(0, this.#start, this.#end);
    else {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(kept);
      this.#buffer = larger;
    }
    this.#end -= this.#start;
    this.#start = 0;
  }
}
