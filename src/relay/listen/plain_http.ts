import type { Descriptors } from "../data/side.ts";

/** Number of bytes that are read of an unencrypted request. */
const HEAD_BYTES = 8 * 1024;
/** Time limit for a client to read the response and end the connection, in milliseconds. */
const FAREWELL_MS = 2_000;

const latin1 = new TextDecoder("latin1");
const bytes = new Uint8Array(HEAD_BYTES);

/** The response to a request without TLS. */
export interface PlainAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its text in the log. */
  readonly reason: string;
}

/**
 * The response to an HTTP request on a TLS port: a redirect to the same URL with https, or 400 if
 * the request does not name its host.
 *
 * @param head The bytes of the request that have arrived.
 * @returns undefined if it is not HTTP.
 */
export function plainHttpAnswer(head: Uint8Array): PlainAnswer | undefined {
  const text = latin1.decode(head);
  const [, method, target] = /^([A-Z]{3,16}) (\S{1,4096}) HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const host = /\r?\nhost:[ \t]*([a-z0-9.:[\]_-]{1,255})[ \t]*\r?\n/i.exec(text)?.[1];
  const isPath = /^\/[\x21-\x7e]*$/.test(target);
  if (host === undefined || !isPath) {
    return answer(method, "400 Bad Request", "", "plain HTTP without a Host field on the TLS port");
  }
  const location = `https://${host}${target}`;
  // The log omits the target, because it may contain a token.
  const reason = `plain HTTP on the TLS port, redirected to https://${host}`;
  return answer(method, "307 Temporary Redirect", `Location: ${location}\r\n`, reason);
}

function answer(method: string, status: string, field: string, reason: string): PlainAnswer {
  const body = "This server speaks https.\n";
  const text = `HTTP/1.1 ${status}\r\n${field}Content-Type: text/plain\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${method === "HEAD" ? "" : body}`;
  return { bytes: new TextEncoder().encode(text), reason };
}

/** The kind of an accepted connection, or the replacement of its handshake. */
export type Opening = "tls" | "unknown" | (() => Promise<never>);

/**
 * Looks at the first bytes of an accepted connection and answers them if they are HTTP. It must be
 * called before the first read from the connection.
 *
 * @param descriptor The connection's descriptor; undefined if its peer has reset it.
 */
export function openingOf(
  conn: Deno.TcpConn | Deno.TlsConn,
  descriptor: number | undefined,
  descriptors: Descriptors,
): Opening {
  if (descriptor === undefined) return "unknown";
  const count = descriptors.peek(descriptor, bytes);
  if (count === 0) return "unknown";
  // A TLS handshake begins with the byte 22. Source: RFC 8446, section 5.1.
  if (bytes[0] === 22) return "tls";
  const peeked = bytes.subarray(0, count);
  const found = plainHttpAnswer(peeked);
  if (!found) return "unknown";
  descriptors.answer(descriptor, peeked, found.bytes);
  return async () => {
    await ended(conn);
    throw new Error(found.reason);
  };
}

/** Waits until the client has read the response, because a reset before that would discard it. */
async function ended(conn: Deno.TcpConn | Deno.TlsConn): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, FAREWELL_MS);
  const end = "handshake" in conn ? conn.handshake() : discard(conn);
  await Promise.race([end.catch(() => {}), late.promise]);
  clearTimeout(timer);
}

async function discard(conn: Deno.TcpConn): Promise<void> {
  const rest = new Uint8Array(1024);
  while ((await conn.read(rest)) !== null) { /* The rest of the request means nothing. */ }
}
