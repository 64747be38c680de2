import { STATUS_CODE } from "@std/http/status";
import { requestUnix, type UnixResponse } from "../../http/mod.ts";
import { type HttpReply, type HttpRequest, jsonReply, textReply } from "../../http/server/mod.ts";
import { messageOf } from "../../errors.ts";
import { type SessionEntry, UPSTREAM_HEADER } from "../../registry/mod.ts";
import type { Registrations } from "./registrations.ts";
import { readSessionMessage } from "./session_messages.ts";

/** Time limit of code-server's answer, in milliseconds. */
const UPSTREAM_MS = 5000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Header fields that concern one connection, or that this client or server writes itself. */
const NOT_PASSED_ON = new Set([
  ...["accept", "connection", "content-length", "date", "expect", "host", "keep-alive"],
  ...["proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
]);

export interface HandlerOptions {
  readonly registrations: Registrations;
  /** The current path of code-server's own socket. */
  upstream(): string | undefined;
  /** Completes a session before it is sent to the registry. */
  complete(entry: SessionEntry): Promise<SessionEntry>;
}

/**
 * Answers each request to a session socket with code-server's own answer, and forwards its meaning
 * to the registry. If code-server fails (a single window without a folder makes its lookups fail),
 * the registry answers instead.
 */
export function forwardingHandler(
  options: HandlerOptions,
): (request: HttpRequest) => Promise<HttpReply> {
  const { registrations } = options;
  return async (request) => {
    if (request.method === "CONNECT") {
      return jsonReply(STATUS_CODE.MethodNotAllowed, { error: "CONNECT is not supported" });
    }
    const { method, path, query, body } = request;
    const message = readSessionMessage(method, path, query, body);
    const answer = await forward(request, options.upstream());
    const failed = answer instanceof Error || answer.status >= 500;
    switch (message.type) {
      case "add": {
        // A request that is too large for code-server may be small enough for the registry.
        if (!failed && answer.status !== 200 && answer.status !== 413) break;
        const added = await registrations.add(await options.complete(message.entry));
        if (failed && added) return textReply("session added");
        break;
      }
      case "delete":
        await registrations.delete(message.socketPath);
        if (failed) return textReply("session deleted");
        break;
      case "find":
        // A registry that has this socket as its upstream already knows its own sessions.
        if (failed && !request.headers.has(UPSTREAM_HEADER)) {
          return jsonReply(STATUS_CODE.OK, {
            socketPath: await registrations.find(message.filePath),
          });
        }
    }
    if (answer instanceof Error) return jsonReply(BAD_GATEWAY, { error: answer.message });
    return toReply(answer);
  };
}

const BAD_GATEWAY = 502;

async function forward(
  request: HttpRequest,
  upstream: string | undefined,
): Promise<UnixResponse | Error> {
  if (upstream === undefined) return new Error("code-server is not running");
  const { method, path, query, body } = request;
  try {
    return await requestUnix(upstream, {
      // The connection omits the body of the answer.
      method: method === "HEAD" ? "GET" : method,
      target: query === "" ? path : `${path}?${query}`,
      headers: passedOn(request.headers),
      body: body.length > 0 || method === "POST" ? body : undefined,
      timeoutMs: UPSTREAM_MS,
      maxBodyBytes: MAX_ANSWER_BYTES,
    });
  } catch (error) {
    return new Error(`code-server does not answer: ${messageOf(error)}`);
  }
}

function passedOn(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name, value]) => !NOT_PASSED_ON.has(name) && /^[\t -~]*$/.test(value)),
  );
}

function toReply(answer: UnixResponse): HttpReply {
  return { status: answer.status, headers: passedOn(answer.headers), body: answer.body };
}
