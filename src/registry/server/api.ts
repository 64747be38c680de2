import { STATUS_CODE } from "@std/http/status";
import { isAbsolute } from "@std/path";
import { type HttpReply, type HttpRequest, jsonReply, textReply } from "../../http/server/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { parseJsonBytes } from "../../platform/mod.ts";
import { EventFeed } from "./event_stream.ts";
import { listReply } from "./list_reply.ts";
import type { Hub } from "../../ipc/mod.ts";
import { healthSocket } from "./health_socket.ts";
import { hubWebSocket } from "./hub.ts";
import { type Health, UPSTREAM_HEADER } from "../protocol.ts";
import { RecentAnswers } from "./recent_answers.ts";
import type { Registry } from "./registry.ts";
import { MAX_PATH_LENGTH } from "../session.ts";

/** The parts of the server that the API uses. */
export interface ApiContext {
  readonly registry: Registry;
  health(): Health;
  /** The hub; undefined if there is none. */
  hub(): Hub | undefined;
  /** Ends the server after the reply; undefined on systems where a signal does that. */
  readonly stop?: () => void;
  /** Silence after which a WebSocket's peer is pinged, in milliseconds. */
  readonly pingIntervalMs?: number;
  /** Further routes of the server. */
  routes(): ApiRoutes;
}

/** Further requests of a registry's API, by path and method. */
export type ApiRoutes = Readonly<
  Record<
    string,
    Readonly<Record<string, (request: HttpRequest) => HttpReply | Promise<HttpReply>>>
  >
>;

interface HandlerContext extends ApiContext {
  readonly answers: RecentAnswers;
  readonly events: EventFeed;
}

type Handler = (request: HttpRequest, context: HandlerContext) => HttpReply | Promise<HttpReply>;

/**
 * The registry's HTTP API. The first three paths are code-server's, with its status
 * codes and success bodies. Source: coder/code-server `src/node/vscodeSocket.ts`.
 */
const routes: Readonly<Record<string, Partial<Record<string, Handler>>>> = {
  "/session": { GET: getSession },
  "/add-session": { POST: addSession },
  "/delete-session": { POST: deleteSession },
  "/healthz": { GET: getHealth },
  "/healthz/": { GET: getHealth },
  "/health": { GET: healthSocket },
  "/ipc": {
    GET: (request, { hub, pingIntervalMs }) => hubWebSocket(request, hub(), pingIntervalMs),
  },
  "/v1/sessions": { GET: listSessions },
  "/v1/candidates": { GET: getCandidates },
  "/v1/focus": { POST: reportFocus },
  "/v1/prune": { POST: prune },
  "/v1/stop": { POST: stop },
  "/v1/events": { GET: ({ waiting }, { events }) => events.reply(waiting) },
};

/**
 * Creates the function that answers each request. It never throws. It returns a promise only when
 * it has to wait, because a promise is most of the cost of a lookup.
 */
export function createApi(
  api: ApiContext,
): (request: HttpRequest) => HttpReply | Promise<HttpReply> {
  const { registry } = api;
  const context = { ...api, answers: new RecentAnswers(), events: new EventFeed(registry) };
  return (request) => {
    const methods = methodsOf(routes, request.path) ?? methodsOf(api.routes(), request.path);
    if (!methods) return errorReply(STATUS_CODE.NotFound, `no such path: ${request.path}`);
    // A HEAD request is answered like GET; the connection omits the body.
    const method = request.method === "HEAD" ? "GET" : request.method;
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!handler) {
      const Allow = Object.keys(methods).flatMap((name) => name === "GET" ? ["GET", "HEAD"] : name)
        .join(", ");
      const message = `${request.method} is not allowed; use ${Allow}`;
      return jsonReply(STATUS_CODE.MethodNotAllowed, { error: message }, { Allow });
    }
    try {
      const reply = handler(request, context);
      return reply instanceof Promise ? reply.catch(failureReply) : reply;
    } catch (error) {
      return failureReply(error);
    }
  };
}

function methodsOf<T>(table: Readonly<Record<string, T>>, path: string): T | undefined {
  return Object.hasOwn(table, path) ? table[path] : undefined;
}

function failureReply(error: unknown): HttpReply {
  return errorReply(statusOf(error), messageOf(error));
}

function errorReply(status: number, message: string): HttpReply {
  return jsonReply(status, { error: message });
}

function statusOf(error: unknown): number {
  if (!(error instanceof SessionctlError)) return STATUS_CODE.InternalServerError;
  switch (error.code) {
    case "INVALID_ARGUMENT":
    case "INVALID_MESSAGE":
    case "SOCKET_PATH_INVALID":
      return STATUS_CODE.BadRequest;
    case "STATE_UNAVAILABLE":
      return STATUS_CODE.InsufficientStorage;
    default:
      return STATUS_CODE.InternalServerError;
  }
}

function invalid(message: string): SessionctlError {
  return new SessionctlError("INVALID_ARGUMENT", message);
}

/** Returns the checked `filePath` of a query. */
function filePathOf(query: URLSearchParams): string {
  const path = query.get("filePath");
  if (!path) throw invalid("filePath is required");
  if (path.length > MAX_PATH_LENGTH) {
    throw invalid(
      `filePath has ${path.length} characters; a path has at most ${MAX_PATH_LENGTH}`,
    );
  }
  if (path.includes("\0")) throw invalid("filePath contains a NUL byte");
  if (!isAbsolute(path)) throw invalid("filePath must be absolute");
  return path;
}

/** The body as a JSON object. */
function bodyOf(request: HttpRequest): Record<string, unknown> {
  if (request.body.length === 0) return {};
  let value: unknown;
  try {
    value = parseJsonBytes(request.body);
  } catch (error) {
    throw invalid(`the body is not JSON: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null) throw invalid("the body must be a JSON object");
  return value as Record<string, unknown>;
}

/** Answers with the health, or upgrades to the WebSocket on request, like code-server. */
function getHealth(request: HttpRequest, context: HandlerContext): HttpReply | Promise<HttpReply> {
  return request.headers.has("upgrade")
    ? healthSocket(request, context)
    : jsonReply(STATUS_CODE.OK, context.health());
}

function getSession(
  request: HttpRequest,
  context: HandlerContext,
): HttpReply | Promise<HttpReply> {
  // Another registry gets a longer answer, which is not cached.
  if (isUpstreams(request)) return findSession(request, context);
  const known = context.answers.get(request.query, context.registry.version);
  return known ?? findSession(request, context);
}

function isUpstreams({ headers }: HttpRequest): boolean {
  return headers.has(UPSTREAM_HEADER);
}

async function findSession(
  request: HttpRequest,
  { registry, answers }: HandlerContext,
): Promise<HttpReply> {
  const path = filePathOf(new URLSearchParams(request.query));
  const local = isUpstreams(request);
  const { version } = registry;
  const found = await registry.lookUp(path, { local });
  if (local) {
    const { socketPath, focused, focusedAt } = found?.session ?? {};
    const folder = found?.folder ?? undefined;
    return jsonReply(STATUS_CODE.OK, { socketPath, folder, focused, focusedAt });
  }
  const reply = jsonReply(STATUS_CODE.OK, { socketPath: found?.session.socketPath });
  if (found?.liveUntil !== undefined) {
    answers.set(request.query, { reply, version, until: found.liveUntil });
  }
  return reply;
}

async function addSession(request: HttpRequest, { registry }: ApiContext): Promise<HttpReply> {
  await registry.add(bodyOf(request).entry);
  return textReply("session added");
}

async function deleteSession(request: HttpRequest, { registry }: ApiContext): Promise<HttpReply> {
  const { socketPath } = bodyOf(request);
  if (typeof socketPath !== "string" || socketPath === "") {
    throw invalid("socketPath is required");
  }
  await registry.remove(socketPath);
  return textReply("session deleted");
}

async function listSessions(request: HttpRequest, { registry }: ApiContext): Promise<HttpReply> {
  const probe = new URLSearchParams(request.query).get("probe") === "1";
  const listed = await registry.list({ probe });
  const sessions = listed.map(({ session, liveness }) => ({ ...session, liveness }));
  return await listReply("sessions", sessions, request.waiting);
}

async function getCandidates(request: HttpRequest, { registry }: ApiContext): Promise<HttpReply> {
  const query = new URLSearchParams(request.query);
  const path = filePathOf(query);
  const limit = query.has("limit") ? Number(query.get("limit")) : undefined;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) {
    throw invalid("limit must be a whole number");
  }
  const local = isUpstreams(request);
  const candidates = await registry.candidates(path, { limit, local });
  return await listReply("candidates", candidates, request.waiting);
}

function reportFocus(request: HttpRequest, { registry }: ApiContext): HttpReply {
  const focused = registry.reportFocus(bodyOf(request));
  return focused === undefined
    ? errorReply(STATUS_CODE.NotFound, "this window is not registered")
    : jsonReply(STATUS_CODE.OK, { focused });
}

async function prune(request: HttpRequest, { registry }: ApiContext): Promise<HttpReply> {
  const pruned = await registry.prune({ dryRun: bodyOf(request).dryRun === true });
  return await listReply("pruned", pruned, request.waiting);
}

/** Ends the server on Windows, where a signal cannot ask a process to end. */
function stop(_request: HttpRequest, { stop }: ApiContext): HttpReply {
  if (!stop) return errorReply(STATUS_CODE.NotFound, "send SIGTERM to end this registry");
  stop();
  return textReply("ending");
}
