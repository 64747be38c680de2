import { messageOf, SessionctlError } from "../../errors.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { encodeJsonLine } from "./json_lines.ts";
import { LineConnection, type LineLimits } from "./line_connection.ts";
import { toJsonText } from "../wire/serializable.ts";

/** The context of a request to an instance's method. */
export interface InstanceRequest {
  /** Aborted when the peer disconnects or the instance closes. */
  readonly signal: AbortSignal;
}

/** The methods of an instance by name. An error of a method is answered with code 500. */
export type InstanceHandlers = Readonly<
  Record<string, (params: unknown, request: InstanceRequest) => unknown>
>;

/** The identity, methods and limits of an instance. */
export interface InstanceHostOptions {
  /** The workspace that `health` reports; null for a window without a folder. */
  readonly workspace: string | null;
  /** The process id that `health` reports. */
  readonly pid: number;
  readonly handlers: InstanceHandlers;
  /** Limits, with sizes in bytes and times in milliseconds; each has a default. */
  readonly limits?: Partial<LineLimits>;
}

const LIMITS: LineLimits = {
  messageBytes: 16 * 1024 * 1024,
  stallMs: 30_000,
  idleMs: 60_000,
  eventBytes: 1024 * 1024,
  pauseBytes: 4 * 1024 * 1024,
};
const MAX_PENDING = 1000;

/**
 * The protocol of an instance, over any kind of stream: requests and answers, one JSON object per
 * line, and events for peers that subscribed. The companion extension runs it in Node.
 */
export class InstanceHost {
  readonly #options: InstanceHostOptions;
  readonly #connections = new Set<LineConnection>();
  readonly #subscribed = new Set<LineConnection>();

  constructor(options: InstanceHostOptions) {
    this.#options = options;
  }

  /** Number of peers that subscribed to events. */
  get subscribers(): number {
    return this.#subscribed.size;
  }

  /** Serves one connection; resolves when it has ended. */
  async serve(stream: ByteStream): Promise<void> {
    const connection = new LineConnection(stream, { ...LIMITS, ...this.#options.limits });
    const gone = new AbortController();
    this.#connections.add(connection);
    try {
      const error = await connection.run((message) => this.#onMessage(connection, message, gone));
      if (!error) return connection.close();
      connection.send({ id: null, error: { code: 400, message: error.message } });
      connection.finish();
    } finally {
      this.#connections.delete(connection);
      this.#subscribed.delete(connection);
      gone.abort();
    }
  }

  #onMessage(
    connection: LineConnection,
    message: Record<string, unknown>,
    gone: AbortController,
  ): void {
    const { id, method, params } = message;
    const refuse = (code: number, reason: string) =>
      connection.send({ id: id ?? null, error: { code, message: reason } });
    if ((typeof id !== "string" && typeof id !== "number") || typeof method !== "string") {
      return refuse(400, "a request needs an id and a method");
    }
    if (connection.pending >= MAX_PENDING) return refuse(429, "too many requests at once");
    if (method === "subscribe") {
      connection.persistent = true;
      this.#subscribed.add(connection);
      return connection.send({ id, result: { workspace: this.#options.workspace } });
    }
    const { handlers } = this.#options;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (!handler && method !== "health") return refuse(404, `Unknown method: ${method}`);
    connection.pending++;
    this.#answer(method, params, handler, gone.signal)
      .then((answer) => {
        connection.send({ id, ...answer });
        connection.answered();
      });
  }

  async #answer(
    method: string,
    params: unknown,
    handler: InstanceHandlers[string] | undefined,
    signal: AbortSignal,
  ): Promise<{ result: unknown } | { error: unknown }> {
    try {
      const result = await handler?.(params, { signal });
      // Checked here, so that a result that cannot be sent becomes an error of its request.
      if (result !== undefined) toJsonText(result, "the result");
      if (method === "health") return { result: this.#health(result) };
      return { result: result ?? null };
    } catch (error) {
      return { error: { code: 500, message: messageOf(error), details: detailsOf(error) } };
    }
  }

  #health(own: unknown): Record<string, unknown> {
    const { workspace, pid } = this.#options;
    const more = typeof own === "object" && own !== null ? own : {};
    return { status: "ok", ...more, workspace, pid };
  }

  /**
   * Sends an event to every peer that subscribed (method `subscribe`).
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT` if the data cannot be sent.
   */
  push(event: string, data?: unknown): void {
    if (data !== undefined) toJsonText(data, "the data");
    const bytes = encodeJsonLine({ event, data });
    for (const connection of this.#subscribed) connection.sendEvent(bytes);
  }

  /** Ends every connection. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** Returns text, because tjx666/vscode-mcp's clients show the details as text. */
function detailsOf(error: unknown): string | undefined {
  if (error instanceof SessionctlError) {
    return error.hint === undefined ? error.code : `${error.code}: ${error.hint}`;
  }
  return error instanceof Error ? error.name : undefined;
}
