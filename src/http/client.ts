import { errnoOf, type ErrorCode, messageOf, SessionctlError } from "../errors.ts";
import {
  connectOwned,
  Deadlines,
  parseJsonBytes,
  type PeerSource,
  printablePath,
  type SocketConn,
  usesPipes,
  writeAll,
} from "../platform/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { parseResponseHead, readBody, type ResponseHead } from "./message.ts";

/** One request to a server on a Unix socket. */
export interface UnixRequest {
  /** A token of RFC 9110, except HEAD and CONNECT, whose answers are framed differently. */
  readonly method: string;
  /** Path and query, already percent-encoded. */
  readonly target: string;
  /** The fields, with the options of `Connection` besides `close`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** Sent unchanged in place of `json`; `headers` gives its type. */
  readonly body?: Uint8Array;
  /** Time limit of the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Time limit for the server to ask for the body, in milliseconds. The body is only sent then
   * (`Expect: 100-continue`), so a hung server has nothing to act on when it wakes. By default, the
   * body is sent with the head.
   */
  readonly bodyWithinMs?: number;
  /** Maximum length of the answer, in bytes; 4 MiB by default. */
  readonly maxBodyBytes?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
  /** Tells the listener's owner, if the caller has loaded it; see `connectOwned`. */
  readonly kernel?: PeerSource;
}

export interface UnixResponse extends ResponseHead {
  /**
   * Whether the request's body was sent; false if the answer came before the server asked for it.
   */
  readonly bodySent: boolean;
  readonly body: Uint8Array;
  text(): string;
  /** @throws {SessionctlError} `INVALID_MESSAGE` if the body is not JSON. */
  json(): unknown;
}

const MAX_HEAD_BYTES = 64 * 1024;
const DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Connects to a Unix socket of this user, with an error that distinguishes the causes.
 *
 * @param allowOwners Further user ids whose sockets may be used (`--allow-owner`).
 * @param kernel As in {@link UnixRequest}.
 * @throws {SessionctlError} `SOCKET_MISSING`, `CONNECTION_REFUSED` (no process listens),
 * `BACKLOG_FULL` (a process listens, but does not accept), `FOREIGN_OWNER` (another user's file or
 * process), `ACCESS_DENIED`, `IO_ERROR`.
 */
export async function connectUnix(
  path: string,
  allowOwners: readonly number[] = [],
  kernel?: PeerSource,
): Promise<SocketConn> {
  try {
    return (await connectOwned(path, { allowOwners, kernel })).conn;
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    const [code, reason] = connectFailure(error);
    throw new SessionctlError(code, `${printablePath(path)}: ${reason}`, {
      cause: error,
    });
  }
}

function connectFailure(error: unknown): [ErrorCode, string] {
  switch (errnoOf(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return ["SOCKET_MISSING", "there is no such socket"];
    case "ECONNREFUSED":
      return ["CONNECTION_REFUSED", "no process listens on this socket"];
    case "EAGAIN":
      return ["BACKLOG_FULL", "its server is not accepting connections"];
    case "EACCES":
    case "EPERM":
      return ["ACCESS_DENIED", "this user may not connect to it"];
    default:
      return ["IO_ERROR", messageOf(error)];
  }
}

const deadlines = new Deadlines();

/**
 * Sends one request over one connection, which is closed afterwards.
 *
 * This is small on purpose, because it is on the start-up path of `open`, where `fetch` with its
 * own client would cost more than the whole exchange.
 *
 * @throws {SessionctlError} as {@link connectUnix}; `TIMED_OUT`; `MESSAGE_UNREAD` if the server did
 * not ask for the body (see `bodyWithinMs`), so that it cannot act on the request;
 * `CONNECTION_CLOSED`, `INVALID_MESSAGE` or `MESSAGE_TOO_LARGE` for a bad answer.
 * @example
 * ```ts
 * const answer = await requestUnix(socket, { method: "GET", target: "/healthz", timeoutMs: 300 });
 * ```
 */
export async function requestUnix(
  path: string,
  request: UnixRequest,
): Promise<UnixResponse> {
  const conn = await connectUnix(path, request.allowOwners, request.kernel);
  const stopped = Promise.withResolvers<never>();
  const met = deadlines.start(
    request.timeoutMs,
    () => stopped.reject(timedOut(path, request.timeoutMs)),
  );
  const payload = payloadOf(request);
  const held = new HeldBody(conn, path, stopped.reject);
  if (request.bodyWithinMs !== undefined && payload) held.hold(payload, request.bodyWithinMs);
  const exchanged = exchange(conn, request, payload, held);
  try {
    return await Promise.race([exchanged, stopped.promise]);
  } finally {
    met();
    held.stop();
    // Closing makes an exchange in progress fail; that error is of no interest.
    exchanged.catch(() => {});
    conn.close();
  }
}

function timedOut(path: string, ms: number): SessionctlError {
  return new SessionctlError(
    "TIMED_OUT",
    `${printablePath(path)}: no answer within ${ms} ms`,
  );
}

/** A request's body that may have to wait until the server asks for it. */
class HeldBody {
  readonly #conn: SocketConn;
  readonly #path: string;
  readonly #onLate: (error: SessionctlError) => void;
  #held: Uint8Array | undefined;
  #stop = () => {};

  /** @param onLate Called if the server has not asked for the body in time. */
  constructor(conn: SocketConn, path: string, onLate: (error: SessionctlError) => void) {
    this.#conn = conn;
    this.#path = path;
    this.#onLate = onLate;
  }

  /** @param withinMs Time limit for the server to ask, in milliseconds. */
  hold(body: Uint8Array, withinMs: number): void {
    this.#held = body;
    const late = `did not read the message within ${withinMs} ms`;
    this.#stop = deadlines.start(withinMs, () => this.#onLate(this.#unread(late)));
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Sends the body, which the server asks for. */
  release(): void {
    const body = this.#held;
    if (body === undefined) return;
    this.#held = undefined;
    this.#stop();
    // The answer shows whether the server accepted it.
    writeAll(this.#conn, body).catch(() => {});
  }

  stop(): void {
    this.#stop();
  }

  #unread(reason: string): SessionctlError {
    return new SessionctlError("MESSAGE_UNREAD", `${printablePath(this.#path)}: ${reason}`);
  }

  /** The error for a failed connection. */
  failure(error: unknown): SessionctlError {
    if (this.isHeld) return this.#unread("closed the connection before it read the message");
    if (error instanceof SessionctlError) return error;
    const reason = `the connection failed: ${messageOf(error)}`;
    return new SessionctlError("CONNECTION_CLOSED", reason, { cause: error });
  }
}

async function exchange(
  conn: SocketConn,
  request: UnixRequest,
  payload: Uint8Array | undefined,
  held: HeldBody,
): Promise<UnixResponse> {
  try {
    const sent = writeAll(conn, encodeRequest(request, payload, held.isHeld));
    const answered = readResponse(conn, request, held);
    // A server may answer (with 413, for example) without reading everything; then the write fails
    // and the answer counts.
    sent.catch(() => {});
    return await answered;
  } catch (error) {
    const closed = !(error instanceof SessionctlError) || error.code === "CONNECTION_CLOSED";
    throw closed ? held.failure(error) : error;
  }
}

function payloadOf({ body, json }: UnixRequest): Uint8Array | undefined {
  return body ?? (json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(json)));
}

/**
 * Encodes the request. On a pipe, the server is not asked to close the connection, because the
 * runtime panics if the peer closes a pipe while a read of it begins (tokio-rs/mio 1819). The
 * client closes it after the answer.
 *
 * @param held Whether the payload is sent later, when the server asks for it.
 */
function encodeRequest(
  { method, target, json, headers }: UnixRequest,
  payload: Uint8Array | undefined,
  held: boolean,
): Uint8Array {
  let fields = json === undefined ? "" : "Content-Type: application/json\r\n";
  if (payload !== undefined) fields += `Content-Length: ${payload.length}\r\n`;
  if (held) fields += "Expect: 100-continue\r\n";
  const { Connection: further, ...others } = headers ?? {};
  const connection = [usesPipes() ? undefined : "close", further].filter(Boolean).join(", ");
  if (connection !== "") fields += `Connection: ${connection}\r\n`;
  for (const name in others) fields += `${name}: ${others[name]}\r\n`;
  const head = new TextEncoder().encode(
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n${fields}\r\n`,
  );
  if (payload === undefined || held) return head;
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}

const READ_BYTES = 4096;
const MAX_SPARE_BUFFERS = 32;
/**
 * Reused, because a registry asks its editors constantly, and new memory each time would pile up
 * until the next garbage collection.
 */
const spareBuffers: Uint8Array<ArrayBuffer>[] = [];

async function readResponse(
  conn: SocketConn,
  { maxBodyBytes = DEFAULT_MAX_BODY_BYTES, headers }: UnixRequest,
  requestBody: HeldBody,
): Promise<UnixResponse> {
  const buffer = spareBuffers.pop() ?? new Uint8Array(READ_BYTES);
  const reader = new ByteReader(conn, buffer);
  let head: ResponseHead;
  do {
    const bytes = await reader.takeUntilBreak(MAX_HEAD_BYTES);
    if (bytes === null) {
      throw new SessionctlError(
        "CONNECTION_CLOSED",
        "the connection was closed without an answer",
      );
    }
    head = parseResponseHead(bytes);
    if (head.status === 100) requestBody.release();
    // After a granted upgrade no other answer follows. An unrequested one is skipped.
  } while (head.status < 200 && !(head.status === 101 && headers?.Upgrade !== undefined));
  const body = await readBody(reader, head.bodyLength, maxBodyBytes);
  // Not after an error, because a read may still be in progress then.
  if (spareBuffers.length < MAX_SPARE_BUFFERS) spareBuffers.push(buffer);
  return {
    ...head,
    bodySent: !requestBody.isHeld,
    body,
    text: () => new TextDecoder().decode(body),
    json: () => parseJson(body),
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return parseJsonBytes(body);
  } catch (error) {
    throw new SessionctlError("INVALID_MESSAGE", "the answer is not JSON", {
      cause: error,
    });
  }
}
