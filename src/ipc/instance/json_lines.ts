import { SessionctlError } from "../../errors.ts";
import { parseJsonBytes } from "../../platform/mod.ts";

const LF = 10;
const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Splits a stream of bytes into JSON objects, whether they arrive in parts or several at once.
 *
 * An object ends at its closing brace, because some peers (tjx666/vscode-mcp) send no newline after
 * it. A newline also ends it, so that a broken line is detected at once instead of waiting for a
 * brace that never comes.
 */
export class JsonLineSplitter {
  readonly #limit: number;
  #buffer = new Uint8Array(4096);
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** @param limit The maximum length of an object, in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether an object has begun but not ended. */
  get partial(): boolean {
    return this.#length > 0;
  }

  /**
   * Yields the parsed objects that these bytes complete.
   *
   * @throws {SessionctlError} `MESSAGE_TOO_LARGE` beyond the limit, `INVALID_MESSAGE` for anything
   * other than a JSON object. After either, the stream cannot be read further.
   */
  *push(bytes: Uint8Array): Generator<Record<string, unknown>> {
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (!this.#endsAt(bytes[at]!)) continue;
      this.#append(bytes.subarray(start, at + 1));
      start = at + 1;
      const object = this.#buffer.subarray(0, this.#length);
      this.#length = this.#depth = 0;
      this.#inString = this.#escaped = false;
      if (!isBlank(object)) yield parseObject(object);
    }
    this.#append(bytes.subarray(start));
  }

  #endsAt(byte: number): boolean {
    if (byte === LF) return true;
    if (this.#escaped) this.#escaped = false;
    else if (this.#inString) {
      if (byte === QUOTE) this.#inString = false;
      else if (byte === BACKSLASH) this.#escaped = true;
    } else if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE) this.#depth++;
    else if (byte === CLOSE_BRACE) return --this.#depth === 0;
    return false;
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#limit) {
      throw new SessionctlError("MESSAGE_TOO_LARGE", `the message exceeds ${this.#limit} bytes`);
    }
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }
}

/** Whether the bytes are only JSON's white space: an empty line. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13));
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJsonBytes(bytes);
  } catch (error) {
    throw new SessionctlError("INVALID_MESSAGE", "the message is not JSON", { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SessionctlError("INVALID_MESSAGE", "the message is not a JSON object");
  }
  return value as Record<string, unknown>;
}

/** Encodes one object as it is sent, with its newline. */
export function encodeJsonLine(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}
