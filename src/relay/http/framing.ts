import { type BodyLength, parseResponseHead } from "../../http/mod.ts";
import { SessionctlError } from "../../errors.ts";

/** Longest head of a request or a response, in bytes. */
export const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 1024;
const CR = 13;
const LF = 10;

const latin1 = new TextDecoder("latin1");

function invalid(reason: string): SessionctlError {
  return new SessionctlError("INVALID_MESSAGE", reason);
}

/**
 * Finds the end of a body in a stream of bytes, however they are split.
 * Source: RFC 9112, sections 6 and 7.
 */
export class BodyFramer {
  #left: number;
  #state: "bytes" | "size" | "data" | "data-end" | "trailer" | "done";
  #line = "";

  constructor(length: BodyLength) {
    this.#left = typeof length === "number" ? length : Infinity;
    this.#state = length === "chunked" ? "size" : this.#left === 0 ? "done" : "bytes";
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * @returns the number of `bytes` that belong to the body.
   * @throws {SessionctlError} `INVALID_MESSAGE`.
   */
  consume(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.#state === "bytes" || this.#state === "data") {
        const taken = Math.min(this.#left, bytes.length - at);
        at += taken;
        this.#left -= taken;
        if (this.#left === 0) this.#state = this.#state === "bytes" ? "done" : "data-end";
      } else {
        this.#byte(bytes[at++]!);
      }
    }
    return at;
  }

  #byte(byte: number): void {
    if (this.#line.length >= MAX_LINE_BYTES) throw invalid("a chunk's line is too long");
    this.#line += String.fromCharCode(byte);
    if (this.#state === "data-end") {
      if (!"\r\n".startsWith(this.#line)) throw invalid("a chunk longer than its size");
    }
    if (byte !== LF) return;
    if (!this.#line.endsWith("\r\n")) throw invalid("a line feed without carriage return");
    const line = this.#line.slice(0, -2);
    this.#line = "";
    if (this.#state === "size") this.#size(line);
    else if (this.#state === "data-end") this.#state = "size";
    else if (line === "") this.#state = "done";
    // deno-lint-ignore no-control-regex
    else if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) {
      throw invalid("a control character in a trailer");
    }
  }

  #size(line: string): void {
    // deno-lint-ignore no-control-regex
    const match = /^([0-9a-f]{1,12})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?$/i.exec(line);
    if (!match) throw invalid("an invalid chunk size");
    this.#left = parseInt(match[1]!, 16);
    this.#state = this.#left === 0 ? "trailer" : "data";
  }
}

/** The index after the empty line that ends a head in `bytes`; -1 if it has not arrived. */
export function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(LF, Math.max(3, from)); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
  }
  return -1;
}

/** Whether a line feed at or after `from` has no carriage return before it. */
export function hasBareLineFeed(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) return true;
  }
  return false;
}

/** The request that the next response belongs to. */
export interface Expected {
  readonly method: string;
  readonly upgrade: boolean;
}

/** Follows the responses on a connection, to know which requests are answered and whether an upgrade was granted. */
export class ResponseTracker {
  readonly #expected: Expected[] = [];
  readonly #onAnswered: (tunnel: boolean) => void;
  #head = new Uint8Array(0);
  #body: BodyFramer | undefined;
  #tunnel = false;

  /** @param onAnswered Called at the end of each final response, and when an upgrade is granted. */
  constructor(onAnswered: (tunnel: boolean) => void) {
    this.#onAnswered = onAnswered;
  }

  /** Number of requests without a response. */
  get outstanding(): number {
    return this.#expected.length;
  }

  /** Whether a part of the next response has arrived. */
  get begun(): boolean {
    return this.#body !== undefined || this.#head.length > 0;
  }

  expect(request: Expected): void {
    this.#expected.push(request);
  }

  /** @throws {SessionctlError} `INVALID_MESSAGE`, `HEAD_TOO_LARGE` for bytes that are not HTTP. */
  follow(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#tunnel;) {
      if (this.#body) at += this.#body.consume(bytes.subarray(at));
      else at += this.#gatherHead(bytes.subarray(at));
      if (this.#body?.done) this.#answered();
    }
  }

  #gatherHead(bytes: Uint8Array): number {
    const before = this.#head.length;
    const joined = new Uint8Array(before + bytes.length);
    joined.set(this.#head);
    joined.set(bytes, before);
    const end = headEnd(joined, before);
    if ((end < 0 ? joined.length : end) > MAX_HEAD_BYTES) {
      throw new SessionctlError("HEAD_TOO_LARGE", "the answer's head is too long");
    }
    this.#head = end < 0 ? joined : new Uint8Array(0);
    if (end < 0) return bytes.length;
    this.#readHead(joined.subarray(0, end));
    return end - before;
  }

  #readHead(bytes: Uint8Array): void {
    const request = this.#expected[0];
    if (!request) throw invalid("an answer without a request");
    // The response to HEAD has the length of a body, but no body.
    const status = Number(latin1.decode(bytes.subarray(9, 12)));
    if (status === 101) {
      if (!request.upgrade) throw invalid("an upgrade without a request");
      this.#tunnel = true;
      this.#expected.shift();
      return this.#onAnswered(true);
    }
    if (status >= 100 && status < 200) return;
    const { bodyLength } = parseResponseHead(bytes);
    this.#body = new BodyFramer(request.method === "HEAD" ? 0 : bodyLength);
  }

  #answered(): void {
    this.#body = undefined;
    this.#expected.shift();
    this.#onAnswered(false);
  }
}
