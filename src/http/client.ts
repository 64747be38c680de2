import { errnoOf, type ErrorCode, messageOf, SessionctlError } from "../errors.ts";
import {
  connectOwned,
  Deadlines,
  parseJsonBytes,
  printablePath,
  type SocketConn,
  usesPipes,
  writeAll,
} from "../platform/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { parseResponseHead, readBody, type ResponseHead } from "./message.ts";

/** One request to a server on a Unix socket. */
export interface UnixRequest {
  /** A token of RFC 9110; not HEAD or CONNECT, whose answers are framed otherwise. */
  readonly method: string;
  /** Path and query, already percent-encoded. */
  readonly target: string;
  /** Of `Connection`, the options besides `close`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** Sent as it is, in place of `json`; its type is for `headers` to say. */
  readonly body?: Uint8Array;
  /** How long the whole exchange may take, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * How long the server may take to ask for the body, in milliseconds. The body goes out only
   * then (`Expect: 100-continue`), so a server that hangs has nothing that it could act on when
   * it wakes up. Unless given, the body is sent with the head.
   */
  readonly bodyWithinMs?: number;
  /** The longest answer that is read, in bytes; 4 MiB unless told. */
  readonly maxBodyBytes?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

export interface UnixResponse extends ResponseHead {
  /** Whether the request's body was sent; false when the answer came before it was asked for. */
  readonly bodySent: boolean;
  readonly body: Uint8Array;
  text(): string;
  /** @throws {SessionctlError} `INVALID_MESSAGE` when the body is not JSON. */
  json(): unknown;
}

const MAX_HEAD_BYTES = 64 * 1024;
const DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Connects to a Unix socket of this user, with an error that tells the cases apart.
 *
 * @param allowOwners Further user ids whose sockets may be used (`--allow-owner`).
 * @throws {SessionctlError} `SOCKET_MISSING`, `CONNECTION_REFUSED` (nobody listens),
 * `BACKLOG_FULL` (somebody does, and is not accepting), `FOREIGN_OWNER` (another user's file or
 * process), `ACCESS_DENIED`, `IO_ERROR`.
 */
export async function connectUnix(
  path: string,
  allowOwners: readonly number[] = [],
): Promise<SocketConn> {
  try {
    return (await connectOwned(path, { allowOwners })).conn;
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
 * One request over one connection, which is closed afterwards.
 *
 * Small on purpose: it is on the start-up path of `open`, where `fetch` with a
 * client of its own costs more than the whole exchange.
 *
 * @throws {SessionctlError} as {@link connectUnix}; `TIMED_OUT`; `MESSAGE_UNREAD` when the
 * server did not ask for the body (see `bodyWithinMs`), so that it cannot act on the request;
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
  const conn = await connectUnix(path, request.allowOwners);
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
    // Closing makes the exchange fail if it is still under way; nobody asks for that error.
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

/** A request's body that waits until the server asks for it, if it has to wait. */
class HeldBody {
  readonly #conn: SocketConn;
  readonly #path: string;
  readonly #onLate: (error: SessionctlError) => void;
  #held: Uint8Array | undefined;
  #stop = () => {};

  /** @param onLate Told when the server has not asked for the body in time. */
  constructor(conn: SocketConn, path: string, onLate: (error: SessionctlError) => void) {
    this.#conn = conn;
    this.#path = path;
    this.#onLate = onLate;
  }

  /** @param withinMs How long the server may take to ask, in milliseconds. */
  hold(body: Uint8Array, withinMs: number): void {
    this.#held = body;
    const late = `did not read the message within ${withinMs} ms`;
    this.#stop = deadlines.start(withinMs, () => this.#onLate(this.#unread(late)));
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** The server asks for it. */
  release(): void {
    const body = this.#held;
    if (body === undefined) return;
    this.#held = undefined;
    this.#stop();
    // The answer tells whether the server took it.
    writeAll(this.#conn, body).catch(() => {});
  }

  stop(): void {
    this.#stop();
  }

  #unread(reason: string): SessionctlError {
    return new SessionctlError("MESSAGE_UNREAD", `${printablePath(this.#path)}: ${reason}`);
  }

  /** Why the connection failed. */
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
    // A server may answer (413, say) without reading all; then the write fails and the answer counts.
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
 * On a pipe the server is not asked to close the connection: the runtime panics if the peer closes
 * a pipe while a read of it begins (tokio-rs/mio 1819). We close it after the answer.
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
/** A registry asks its editors over and over; fresh memory each time would pile up until collected. */
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
    // After a granted upgrade no other answer follows. One that nobody asked for is passed over.
  } while (head.status < 200 && !(head.status === 101 && headers?.Upgrade !== undefined));
  const body = await readBody(reader, head.bodyLength, maxBodyBytes);
  // Not after an error: then a read may still be under way.
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
