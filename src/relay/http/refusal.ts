import type { Refusal } from "./rules.ts";

const STATUS_TEXT: Record<Refusal["status"], string> = {
  303: "See Other",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  431: "Request Header Fields Too Large",
};

/** The response to a refused request, with the reason; it ends the connection. */
export function refusalBytes({ status, reason, headers = {} }: Refusal): Uint8Array {
  const fields = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(reason.length + 1),
    "Connection": "close",
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new TextEncoder().encode(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status]}\r\n${lines}\r\n${reason}\n`,
  );
}
