import { parseRequestHead, type RequestHead } from "../message.ts";

/** Longer heads are not remembered, to save memory for each connection. */
const MAX_REMEMBERED_BYTES = 1024;
const NOTHING = new Uint8Array(0);

/**
 * Parses the heads of one connection's requests. A client that keeps a connection mostly repeats
 * itself, so identical bytes are not parsed again.
 */
export class HeadParser {
  #bytes: Uint8Array = NOTHING;
  #head: RequestHead | undefined;

  /**
   * The last parsed head, if `bytes` are exactly the same.
   */
  repeated(bytes: Uint8Array): RequestHead | undefined {
    const known = this.#bytes;
    const { length } = known;
    if (bytes.length !== length) return undefined;
    for (let i = 0; i < length; i++) {
      if (bytes[i] !== known[i]) return undefined;
    }
    return this.#head;
  }

  /** @throws {SessionctlError} `INVALID_MESSAGE`. */
  parse(bytes: Uint8Array): RequestHead {
    const known = this.repeated(bytes);
    if (known) return known;
    const head = parseRequestHead(bytes);
    if (bytes.length <= MAX_REMEMBERED_BYTES) {
      this.#bytes = bytes.slice();
      this.#head = head;
    }
    return head;
  }
}
