import type { Descriptors } from "../data/side.ts";

/** Of a request that is not encrypted, as much is read. */
const HEAD_BYTES = 8 * 1024;
/** For a client to take the answer and end the connection, in milliseconds. */
const FAREWELL_MS = 2_000;

const latin1 = new TextDecoder("latin1");
const bytes = new Uint8Array(HEAD_BYTES);

/** The answer to a request that came without TLS. */
export interface PlainAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the log says of it. */
  readonly reason: string;
}

/**
 * The answer to an HTTP request on a TLS port: a redirect to the same address with https, or 400
 * where the request does not tell its host.
 *
 * @param head What has come of the request.
 * @returns undefined if it is no HTTP.
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
  // The target may hold a token: it is not for the log.
  const reason = `plain HTTP on the TLS port, redirected to https://${host}`;
  return answer(method, "307 Temporary Redirect", `Location: ${location}\r\n`, reason);
}

function answer(method: string, status: string, field: string, reason: string): PlainAnswer {
  const body = "This server speaks https.\n";
  const text = `HTTP/1.1 ${status}\r\n${field}Content-Type: text/plain\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${method === "HEAD" ? "" : body}`;
  return { bytes: new TextEncoder().encode(text), reason };
}

/**
 * Looks at what a connection that was just accepted has brought, and answers if it is HTTP. Has to
 * be called before anybody reads from the connection.
 *
 * @returns what takes the place of the handshake; undefined if it is no HTTP, as far as one can see.
 */
export function answerPlainHttp(
  conn: Deno.TcpConn | Deno.TlsConn,
  descriptors: Descriptors,
): (() => Promise<never>) | undefined {
  // It was the lowest that was free: the next one is near.
  const hint = descriptors.next();
  const descriptor = descriptors.nearTcp({
    peer: conn.remoteAddr,
    localPort: conn.localAddr.port,
    hint,
  });
  if (descriptor === undefined) return undefined;
  const count = descriptors.peek(descriptor, bytes);
  // A TLS handshake begins with the byte 22. Source: RFC 8446, section 5.1.
  if (count === 0 || bytes[0] === 22) return undefined;
  const peeked = bytes.subarray(0, count);
  const found = plainHttpAnswer(peeked);
  if (!found) return undefined;
  descriptors.answer(descriptor, peeked, found.bytes);
  return async () => {
    await ended(conn);
    throw new Error(found.reason);
  };
}

/** Waits until the client has taken the answer: a reset before that would take it away. */
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
