import { SessionctlError } from "../../errors.ts";
import { toJsonText } from "./serializable.ts";
import { FRAME_HEADER_BYTES, FRAME_REGULAR, MAX_DEPTH, Tag, VSBuffer } from "./wire.ts";

const INITIAL_BYTES = 8 * 1024;
/** A buffer that grew beyond this for one message is discarded. */
const KEPT_BYTES = 1024 * 1024;
/** Up to this length, copying character by character is faster than an encoder. */
const SHORT_STRING = 32;
const LONG_STRING = 64 * 1024;

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Collects messages, each in its frame, in one buffer that is written to the peer at once. A
 * message is begun, filled, and then ended or cancelled.
 */
export class WireWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #spare: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  #start = 0;
  readonly #maxMessageBytes: number;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Number of collected bytes that were not taken. */
  get length(): number {
    return this.#length;
  }

  begin(): void {
    this.#start = this.#length;
    this.#reserve(FRAME_HEADER_BYTES);
    this.#bytes.fill(0, this.#length, this.#length + FRAME_HEADER_BYTES);
    this.#length += FRAME_HEADER_BYTES;
  }

  /** @throws {SessionctlError} `MESSAGE_TOO_LARGE`; the message is then cancelled. */
  end(): void {
    const size = this.#length - this.#start - FRAME_HEADER_BYTES;
    if (size > this.#maxMessageBytes) {
      this.cancel();
      throw new SessionctlError(
        "MESSAGE_TOO_LARGE",
        `cannot be sent: ${size} bytes, and a message has at most ${this.#maxMessageBytes}`,
      );
    }
    const at = this.#start;
    this.#bytes[at] = FRAME_REGULAR;
    this.#bytes[at + 9] = size >>> 24;
    this.#bytes[at + 10] = size >>> 16;
    this.#bytes[at + 11] = size >>> 8;
    this.#bytes[at + 12] = size;
    this.#start = this.#length;
  }

  /** Writes a frame without a message. No message may be begun. */
  frame(type: number): void {
    this.begin();
    this.#bytes[this.#start] = type;
    this.#start = this.#length;
  }

  /** Discards the message that was begun. */
  cancel(): void {
    this.#length = this.#start;
  }

  /** Returns all collected bytes; valid until {@link giveBack} is called with them. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = this.#spare ?? new Uint8Array(INITIAL_BYTES);
    this.#spare = undefined;
    this.#length = this.#start = 0;
    return taken;
  }

  giveBack(taken: Uint8Array<ArrayBuffer>): void {
    const buffer = taken.buffer;
    this.#spare = buffer.byteLength <= KEPT_BYTES ? new Uint8Array(buffer) : undefined;
  }

  /** Writes a message's header: type, request id, channel and name, as far as given. */
  header(type: number, id?: number, channel?: string, name?: string): void {
    const count = id === undefined ? 1 : channel === undefined ? 2 : 4;
    this.#reserve(16);
    this.#bytes[this.#length++] = Tag.Array;
    this.#bytes[this.#length++] = count;
    this.int(type);
    if (id !== undefined) this.int(id);
    if (channel !== undefined) {
      this.string(channel);
      this.string(name!);
    }
  }

  /** Writes bytes that are already a serialized value. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /**
   * @param path The name of the value in an error.
   * @throws {SessionctlError} `INVALID_ARGUMENT` if it cannot be serialized.
   */
  value(value: unknown, path = "the value", depth = 0): void {
    if (value === undefined) this.#tag(Tag.Undefined);
    else if (typeof value === "string") this.string(value, path);
    else if (typeof value === "number" && (value | 0) === value) this.int(value);
    else if (value instanceof Uint8Array) this.#buffer(Tag.Buffer, value);
    else if (value instanceof VSBuffer) this.#buffer(Tag.VSBuffer, value.buffer);
    else if (Array.isArray(value)) this.#array(value, path, depth);
    else this.#text(Tag.Object, toJsonText(value, path));
  }

  #array(array: unknown[], path: string, depth: number): void {
    if (depth >= MAX_DEPTH) {
      throw new SessionctlError(
        "INVALID_ARGUMENT",
        `cannot be sent: ${path} lies more than ${MAX_DEPTH} levels deep (or refers back to itself)`,
      );
    }
    this.#tag(Tag.Array);
    this.#vlq(array.length);
    for (let i = 0; i < array.length; i++) {
      const element = array[i];
      if (typeof element === "string") this.string(element);
      else this.value(element, `${path}[${i}]`, depth + 1);
    }
  }

  int(value: number): void {
    this.#reserve(6);
    this.#bytes[this.#length++] = Tag.Int;
    this.#putVlq(value);
  }

  string(text: string, path = "the value"): void {
    const { length } = text;
    if (length <= SHORT_STRING) {
      this.#reserve(2 + length);
      const bytes = this.#bytes;
      let at = this.#length + 2;
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) return this.#anyString(text, path);
        bytes[at++] = code;
      }
      bytes[this.#length] = Tag.String;
      bytes[this.#length + 1] = length;
      this.#length = at;
    } else this.#anyString(text, path);
  }

  #anyString(text: string, path: string): void {
    // A lone surrogate has no UTF-8; JSON escapes it, so that it arrives unchanged.
    if (isWellFormed(text)) this.#text(Tag.String, text);
    else this.#text(Tag.Object, toJsonText(text, path));
  }

  #text(tag: number, text: string): void {
    if (text.length > LONG_STRING) return this.#buffer(tag, encoder.encode(text));
    this.#reserve(6 + text.length * 3);
    this.#bytes[this.#length++] = tag;
    // Most text is ASCII, with as many bytes as characters. Otherwise its length may need more
    // room.
    const guess = vlqBytes(text.length);
    const start = this.#length + guess;
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    const needed = vlqBytes(written);
    if (needed !== guess) {
      this.#bytes.copyWithin(this.#length + needed, start, start + written);
    }
    this.#putVlq(written);
    this.#length += written;
  }

  #buffer(tag: number, bytes: Uint8Array): void {
    this.#tag(tag);
    this.#vlq(bytes.length);
    this.raw(bytes);
  }

  #tag(tag: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = tag;
  }

  #vlq(value: number): void {
    this.#reserve(5);
    this.#putVlq(value);
  }

  /** Writes seven bits per byte, lowest first; a negative number as its 32 bits. */
  #putVlq(value: number): void {
    const bytes = this.#bytes;
    let rest = value >>> 0;
    while (rest > 127) {
      bytes[this.#length++] = rest & 127 | 128;
      rest >>>= 7;
    }
    bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Node has this method only since version 20, and the companion extension runs on older ones. */
function isWellFormed(text: string): boolean {
  return text.isWellFormed?.() ?? !/\p{Surrogate}/u.test(text);
}

function vlqBytes(value: number): number {
  let count = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) count++;
  return count;
}
