import type { RequestHead } from "../message.ts";
import type { HttpRequest } from "./types.ts";
import type { WaitingShare } from "./waiting_budget.ts";

/**
 * A client that takes us for a proxy (like Deno's `fetch`) sends the whole URL. Source: RFC 9112,
 * section 3.2.2.
 */
function originForm(target: string): string {
  const authority = /^http:\/\/[^/?]*/i.exec(target);
  if (!authority) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Creates a handler's request from a message, with its target split up. */
export function toRequest(
  head: RequestHead,
  body: Uint8Array,
  waiting?: WaitingShare,
): HttpRequest {
  const target = originForm(head.target);
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  return { method: head.method, path, query, headers: head.headers, body, waiting };
}
