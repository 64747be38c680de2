import {
  FRAME_HEADER_BYTES,
  FRAME_REGULAR,
  KNOWN_FRAME_TYPES,
  PersistentProtocolError,
  protocolError,
} from "./wire.ts";
import { SessionctlError } from "../../errors.ts";

const INITIAL_BYTES = 64 * 1024;

/**
 * Splits received bytes into messages. Its buffer grows as bytes arrive, not by the length that a
 * frame claims, and shrinks again after a long message.
 */
export class FrameReader {
  readonly #maxMessageBytes: number;
  #buffer = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The size of its buffer, in bytes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** The buffer for the next bytes. */
  get room(): Uint8Array {
    if (this.#end === this.#buffer.length) this.#makeRoom();
    return this.#buffer.subarray(this.#end);
  }

  /** Records that `count` bytes were written to {@link room}. */
  filled(count: number): void {
    this.#end += count;
  }

  /**
   * Returns the next complete message, if any; it is valid until more bytes are added.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`, `MESSAGE_TOO_LARGE`; `NOT_SUPPORTED` for a frame
   * that only VS Code's PersistentProtocol sends.
   */
  next(): Uint8Array | undefined {
    const at = this.#start;
    const available = this.#end - at;
    const size = available < FRAME_HEADER_BYTES ? Infinity : this.#sizeOf(at);
    if (available < FRAME_HEADER_BYTES + size) {
      if (available === 0) this.#reset();
      return undefined;
    }
    const begin = at + FRAME_HEADER_BYTES;
    this.#start = begin + size;
    return this.#buffer.subarray(begin, begin + size);
  }

  /** Checks a frame's header. @returns the length of its message. */
  #sizeOf(at: number): number {
    const bytes = this.#buffer;
    const type = bytes[at]!;
    if (!KNOWN_FRAME_TYPES.has(type)) throw protocolError(`a frame of type ${type}`);
    const id = bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]! | bytes[at + 4]!;
    if (type !== FRAME_REGULAR || id !== 0) throw new PersistentProtocolError();
    const size = (bytes[at + 9]! << 24 | bytes[at + 10]! << 16 | bytes[at + 11]! << 8 |
      bytes[at + 12]!) >>> 0;
    if (size <= this.#maxMessageBytes) return size;
    throw new SessionctlError(
      "MESSAGE_TOO_LARGE",
      `a message of ${size} bytes, where ${this.#maxMessageBytes} are allowed`,
    );
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
