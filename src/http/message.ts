import { SessionctlError } from "../errors.ts";
import type { ByteReader } from "./byte_reader.ts";

/** Header fields by lower-case name; repeated fields are joined with ", ". */
export type HeaderFields = Map<string, string>;

/** The length of a message's body. Source: RFC 9112, section 6.3. */
export type BodyLength = number | "chunked" | "until-close";

export interface RequestHead {
  readonly method: string;
  /** The path and the query, as sent. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly bodyLength: BodyLength;
  readonly keepAlive: boolean;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly bodyLength: BodyLength;
}

const latin1 = new TextDecoder("latin1");
const MAX_FIELDS = 100;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function invalid(reason: string): SessionctlError {
  return new SessionctlError("INVALID_MESSAGE", reason);
}

/**
 * Parses the head of a request strictly: anything that two readers might interpret differently is
 * refused. Source: RFC 9112, sections 2 to 6.
 *
 * @throws {SessionctlError} `INVALID_MESSAGE`.
 */
export function parseRequestHead(head: Uint8Array): RequestHead {
  const lines = latin1.decode(head).split("\r\n");
  const match = /^([^ ]+) ([!-~]+) HTTP\/1\.([01])$/.exec(lines[0]!);
  if (!match || !TOKEN.test(match[1]!)) {
    throw invalid("not an HTTP/1.1 request line");
  }
  const headers = parseFields(lines);
  const length = framing(headers);
  // Source: RFC 9112, section 6.1: such a message's framing is faulty.
  if (match[3] === "0" && length === "chunked") throw invalid("HTTP/1.0 has no Transfer-Encoding");
  const connection = headers.get("connection")?.toLowerCase();
  const keepAlive = match[3] === "1"
    ? !(connection?.includes("close") ?? false)
    : (connection?.includes("keep-alive") ?? false);
  return {
    method: match[1]!,
    target: match[2]!,
    headers,
    bodyLength: length ?? 0,
    keepAlive,
  };
}

/**
 * Parses the head of an answer to a request other than HEAD or CONNECT.
 *
 * @throws {SessionctlError} `INVALID_MESSAGE`.
 */
export function parseResponseHead(head: Uint8Array): ResponseHead {
  const lines = latin1.decode(head).split("\r\n");
  const match = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: .*)?$/.exec(lines[0]!);
  if (!match) throw invalid("the answer is not HTTP/1.1");
  const status = Number(match[1]);
  const headers = parseFields(lines);
  const empty = status < 200 || status === 204 || status === 304;
  return {
    status,
    headers,
    bodyLength: empty ? 0 : framing(headers) ?? "until-close",
  };
}

function parseFields(lines: string[]): HeaderFields {
  const headers: HeaderFields = new Map();
  // The head ends with an empty line, which `split` turns into two empty strings.
  const end = lines.length - 2;
  if (end > MAX_FIELDS) throw invalid(`more than ${MAX_FIELDS} header fields`);
  for (let i = 1; i < end; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !TOKEN.test(name)) {
      throw invalid("a header field without a valid name");
    }
    // Not `trim()`, which also removes characters that other readers do not treat as spaces.
    const value = line.slice(colon + 1).replace(/^[ \t]+/, "").replace(/(?<![ \t])[ \t]+$/, "");
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw invalid(`a control character in ${name}`);
    }
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function framing(headers: HeaderFields): BodyLength | undefined {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined) {
    if (length !== undefined) {
      throw invalid("both Content-Length and Transfer-Encoding");
    }
    if (coding.toLowerCase() !== "chunked") {
      throw invalid("a Transfer-Encoding other than chunked");
    }
    return "chunked";
  }
  if (length === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(length)) throw invalid("an invalid Content-Length");
  return Number(length);
}

/**
 * Reads the body after a parsed head, at most `limit` bytes of it.
 *
 * @throws {SessionctlError} `MESSAGE_TOO_LARGE`, `INVALID_MESSAGE`, `CONNECTION_CLOSED`.
 */
export function readBody(
  reader: ByteReader,
  length: BodyLength,
  limit: number,
): Promise<Uint8Array> {
  if (length === "chunked") return readChunks(reader, limit);
  if (length === "until-close") return reader.takeAll(limit);
  if (length > limit) throw bodyTooLarge(limit);
  return reader.takeExactly(length);
}

function bodyTooLarge(limit: number): SessionctlError {
  return new SessionctlError(
    "MESSAGE_TOO_LARGE",
    `the message's body exceeds ${limit} bytes`,
  );
}

const MAX_CHUNK_LINE = 1024;

async function readChunks(
  reader: ByteReader,
  limit: number,
): Promise<Uint8Array> {
  let body = new Uint8Array(0);
  let total = 0;
  for (;;) {
    const line = await takeLine(reader);
    const size = line &&
      /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n$/i.exec(latin1.decode(line));
    if (!size) throw invalid("an invalid chunk size");
    const count = parseInt(size[1]!, 16);
    if (count === 0) break;
    if (total + count > limit) throw bodyTooLarge(limit);
    // One growing buffer, because a list of one-byte chunks would take a hundred times their size.
    const chunk = await reader.takeExactly(count);
    if (total + count > body.length) {
      const larger = new Uint8Array(Math.max(1024, body.length * 2, total + count));
      larger.set(body.subarray(0, total));
      body = larger;
    }
    body.set(chunk, total);
    total += count;
    const [cr, lf] = await reader.takeExactly(2);
    if (cr !== 13 || lf !== 10) throw invalid("a chunk longer than its size");
  }
  await skipTrailers(reader);
  return body.subarray(0, total);
}

async function takeLine(reader: ByteReader): Promise<Uint8Array | null> {
  try {
    return await reader.takeUntilBreak(MAX_CHUNK_LINE, true);
  } catch (error) {
    if (error instanceof SessionctlError && error.code === "HEAD_TOO_LARGE") {
      throw invalid(`a chunk's line exceeds ${MAX_CHUNK_LINE} bytes`);
    }
    throw error;
  }
}

async function skipTrailers(reader: ByteReader): Promise<void> {
  for (let fields = 0; fields <= MAX_FIELDS; fields++) {
    const line = await takeLine(reader);
    if (line === null) {
      throw invalid("the connection ended before the last chunk");
    }
    if (line.length === 2) return;
  }
  throw invalid(`more than ${MAX_FIELDS} trailer fields`);
}
