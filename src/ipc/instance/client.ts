import { errnoOf, messageOf, SessionctlError } from "../../errors.ts";
import { printablePath, type SocketConn, writeAll } from "../../platform/mod.ts";
import { connectUnix } from "../../http/mod.ts";
import { encodeJsonLine, JsonLineSplitter } from "./json_lines.ts";

/** Options of a call to an instance. */
export interface CallInstanceOptions {
  /** Time limit of the whole exchange, in milliseconds; Infinity for none. */
  readonly timeoutMs: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Whether to wait, within that time, for the instance to start. */
  readonly waitForStart?: boolean;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** The `error` of an instance's answer, as sent. */
export interface InstanceFailure {
  /** 400 bad request, 404 unknown method, 500 the method failed; a peer may use other codes. */
  readonly code: number | string;
  /** The error message. */
  readonly message: string;
  /** Any further details that the instance sent. */
  readonly details?: unknown;
}

/** The error answer of an instance, with the code `METHOD_NOT_FOUND` or `REMOTE_ERROR`. */
export class InstanceError extends SessionctlError {
  /** The error as the instance sent it. */
  readonly failure: InstanceFailure;

  /** Creates an error from an instance's answer to `method`. */
  constructor(method: string, failure: InstanceFailure) {
    const unknown = Number(failure.code) === 404;
    super(
      unknown ? "METHOD_NOT_FOUND" : "REMOTE_ERROR",
      unknown
        ? `the instance has no method ${JSON.stringify(method)}`
        : `${method} failed: ${failure.message}`,
      failure.details === undefined ? {} : { hint: describeDetails(failure.details) },
    );
    this.failure = failure;
  }
}

function describeDetails(details: unknown): string {
  const text = typeof details === "string" ? details : JSON.stringify(details);
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Calls a method of the instance that listens at `socketPath`, over a connection of its own, as
 * ADR-009 specifies: the request is `{"id","method","params"}` and a newline, and the answer is
 * `{"id","result"}` or `{"id","error":{"code","message","details"}}`.
 * Source of the peers that send no newline: tjx666/vscode-mcp, `socket-server.ts`.
 *
 * This module is small because `open` loads it at start-up.
 *
 * @returns the answer's `result`; undefined if it has none.
 * @throws {InstanceError} if the instance answers with an error.
 * @throws {SessionctlError} `SOCKET_MISSING`, `CONNECTION_REFUSED`, `BACKLOG_FULL`,
 * `ACCESS_DENIED`, `FOREIGN_OWNER` if no instance can be reached; `TIMED_OUT`; `CANCELLED`;
 * `CONNECTION_CLOSED`, `INVALID_MESSAGE` or `MESSAGE_TOO_LARGE` for an invalid answer.
 * @example
 * ```ts
 * const path = await workspaceSocketPath("/home/ann/api");
 * const health = await callInstance(path, "health", {}, { timeoutMs: 300 });
 * ```
 */
export async function callInstance(
  socketPath: string,
  method: string,
  params: unknown,
  options: CallInstanceOptions,
): Promise<unknown> {
  const { timeoutMs, signal } = options;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const onAbort = () => stopped.reject(new SessionctlError("CANCELLED", `${method}: cancelled`));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = timeoutMs === Infinity ? undefined : setTimeout(
    () => stopped.reject(timedOut(socketPath, method, timeoutMs)),
    timeoutMs,
  );
  let conn: SocketConn | undefined;
  let exchanged: Promise<unknown> | undefined;
  try {
    conn = await connect(socketPath, options, stopped.promise);
    exchanged = exchange(conn, socketPath, method, params);
    return await Promise.race([stopped.promise, exchanged]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    // Closing makes an exchange in progress fail, and that error is of no interest.
    exchanged?.catch(() => {});
    conn?.close();
  }
}

const RETRY_CONNECT_MS = 50;

async function connect(
  path: string,
  { waitForStart, allowOwners }: CallInstanceOptions,
  stopped: Promise<never>,
): Promise<SocketConn> {
  for (;;) {
    try {
      return await connectUnix(path, allowOwners);
    } catch (error) {
      const code = errnoOf(error);
      if (!waitForStart || (code !== "SOCKET_MISSING" && code !== "CONNECTION_REFUSED")) {
        throw error;
      }
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<void>((resolve) => timer = setTimeout(resolve, RETRY_CONNECT_MS));
    await Promise.race([pause, stopped]).finally(() => clearTimeout(timer));
  }
}

function timedOut(socketPath: string, method: string, ms: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `${printablePath(socketPath)}: no answer to ${method} within ${ms} ms`,
  );
}

async function exchange(
  conn: SocketConn,
  socketPath: string,
  method: string,
  params: unknown,
): Promise<unknown> {
  const id = crypto.randomUUID();
  try {
    const sent = writeAll(conn, encodeJsonLine({ id, method, params }));
    // A server may refuse a long request before it has read all of it; its answer counts.
    sent.catch(() => {});
    const answer = await readAnswer(conn, id, MAX_ANSWER_BYTES);
    if (answer.error === undefined || answer.error === null) return answer.result;
    throw new InstanceError(method, toFailure(answer.error));
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    throw new SessionctlError(
      "CONNECTION_CLOSED",
      `${printablePath(socketPath)}: the connection failed: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function readAnswer(
  conn: SocketConn,
  id: string,
  limit: number,
): Promise<Record<string, unknown>> {
  const splitter = new JsonLineSplitter(limit);
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) {
      throw new SessionctlError("CONNECTION_CLOSED", "the instance closed without an answer");
    }
    for (const message of splitter.push(buffer.subarray(0, count))) {
      // A peer that could not read our id answers with another one; events have no id.
      if (message.id === id || isFailure(message)) return message;
    }
  }
}

function isFailure(message: Record<string, unknown>): boolean {
  return typeof message.error === "object" && message.error !== null;
}

function toFailure(error: unknown): InstanceFailure {
  if (typeof error !== "object" || error === null) return { code: 500, message: String(error) };
  const { code, message, details } = error as Partial<InstanceFailure>;
  return {
    code: typeof code === "number" || typeof code === "string" ? code : 500,
    message: typeof message === "string" ? message : "no reason given",
    ...(details === undefined ? {} : { details }),
  };
}
