import { MAX_DEPTH, protocolError, Tag, VSBuffer } from "./wire.ts";

/** Up to this length, building a string character by character is faster than a decoder. */
const SHORT_STRING = 24;

/**
 * Decodes like VS Code: a leading U+FEFF stays in the string, and invalid UTF-8 becomes replacement
 * characters.
 */
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** The header of a message. */
export interface MessageHeader {
  readonly type: number;
  /** The request's number; -1 if the header has none. */
  readonly id: number;
  readonly channel: string;
  readonly name: string;
}

/**
 * Reads the values of one message. A claimed length alone allocates no memory, and returned values
 * share no memory with the message.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#bytes = message;
  }

  /** The unread bytes of the message; valid as long as the message is. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** @throws {SessionctlError} `INVALID_MESSAGE` for anything other than a header. */
  header(): MessageHeader {
    if (this.#byte() !== Tag.Array) throw protocolError("a message without a header");
    const count = this.#byte();
    if (count !== 1 && count !== 2 && count !== 4) {
      throw protocolError(`a header of ${count} parts`);
    }
    const type = this.#int();
    const id = count > 1 ? this.#int() : -1;
    const channel = count > 2 ? this.#string() : "";
    const name = count > 2 ? this.#string() : "";
    return { type, id, channel, name };
  }

  /**
   * Reads the next value. A message without a body has an undefined one, as in VS Code.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`.
   */
  value(): unknown {
    return this.#at >= this.#bytes.length ? undefined : this.#value(0);
  }

  #value(depth: number): unknown {
    switch (this.#byte()) {
      case Tag.Undefined:
        return undefined;
      case Tag.String:
        return this.#text();
      case Tag.Buffer:
        return this.#take().slice();
      case Tag.VSBuffer:
        return new VSBuffer(this.#take().slice());
      case Tag.Array:
        return this.#array(depth);
      case Tag.Object:
        return parseJson(decoder.decode(this.#take()));
      case Tag.Int:
        return this.#vlq();
      default:
        throw protocolError("an unknown type of value");
    }
  }

  #array(depth: number): unknown[] {
    if (depth >= MAX_DEPTH) throw protocolError("arrays nested too deep");
    const count = this.#length();
    const array: unknown[] = [];
    for (let i = 0; i < count; i++) array.push(this.#value(depth + 1));
    return array;
  }

  #int(): number {
    if (this.#byte() !== Tag.Int) throw protocolError("a header without its numbers");
    return this.#vlq();
  }

  #string(): string {
    if (this.#byte() !== Tag.String) throw protocolError("a header without its names");
    return this.#text();
  }

  #text(): string {
    const bytes = this.#take();
    const { length } = bytes;
    if (length > SHORT_STRING) return decoder.decode(bytes);
    let text = "";
    for (let i = 0; i < length; i++) {
      const byte = bytes[i]!;
      if (byte > 127) return decoder.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Reads a length and that many bytes. */
  #take(): Uint8Array {
    const count = this.#length();
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  /**
   * Reads a length, which is at most the number of remaining bytes: an element takes at least one.
   */
  #length(): number {
    const length = this.#vlq();
    if (length < 0 || length > this.#bytes.length - this.#at) {
      throw protocolError("a value longer than its message");
    }
    return length;
  }

  /** Reads a signed 32-bit number: seven bits per byte, lowest first, in at most five bytes. */
  #vlq(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw protocolError("a number that does not end");
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw protocolError("a message that ends too early");
    return this.#bytes[this.#at++]!;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw protocolError("an object that is not JSON");
  }
}
