import { STATUS_CODE, STATUS_TEXT } from "@std/http/status";
import { messageOf, SessionctlError } from "../../errors.ts";
import type { HttpReply } from "./types.ts";

const encoder = new TextEncoder();

/** A reply with a JSON body. */
export function jsonReply(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): HttpReply {
  return {
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: encoder.encode(JSON.stringify(value)),
  };
}

/** A text reply in code-server's words, with the content type that Express gives them. */
export function textReply(text: string): HttpReply {
  return {
    status: STATUS_CODE.OK,
    headers: { "Content-Type": "text/html; charset=utf-8" },
    body: encoder.encode(text),
  };
}

/** The reply to a request that could not be read. */
export function errorReply(error: unknown): HttpReply {
  const close = { Connection: "close" };
  const reply = (status: number) => jsonReply(status, { error: messageOf(error) }, close);
  if (!(error instanceof SessionctlError)) {
    return reply(STATUS_CODE.InternalServerError);
  }
  switch (error.code) {
    case "MESSAGE_TOO_LARGE":
      return reply(STATUS_CODE.ContentTooLarge);
    case "HEAD_TOO_LARGE":
      return reply(STATUS_CODE.RequestHeaderFieldsTooLarge);
    case "INVALID_MESSAGE":
      return reply(STATUS_CODE.BadRequest);
    case "TIMED_OUT":
      return reply(STATUS_CODE.RequestTimeout);
    default:
      return reply(STATUS_CODE.InternalServerError);
  }
}

/**
 * The status line and the fields of an answer, up to its body. A body of unknown length is sent in
 * chunks.
 */
export function encodeReplyHead(reply: HttpReply, keepAlive: boolean): Uint8Array {
  let head = `HTTP/1.1 ${reply.status} ${STATUS_TEXT[reply.status] ?? ""}\r\n`;
  for (const name in reply.headers) {
    head += `${name}: ${reply.headers[name]}\r\n`;
  }
  if (!keepAlive && !reply.headers?.["Connection"]) head += "Connection: close\r\n";
  const framing = reply.body instanceof ReadableStream
    ? "Transfer-Encoding: chunked"
    : `Content-Length: ${reply.body?.length ?? 0}`;
  return encoder.encode(`${head}${framing}\r\n\r\n`);
}
