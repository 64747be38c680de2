import { messageOf, SessionctlError } from "../../errors.ts";
import { type InstancePathOptions, type InstanceScheme, workspaceSocketPath } from "./path.ts";
import { absolutePath, printablePath, system } from "../../platform/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { encodeJsonLine } from "./json_lines.ts";
import { LineConnection, type LineLimits } from "./line_connection.ts";
import { toJsonText } from "../wire/serializable.ts";
import { claimAcceptor } from "../streams/claimed_acceptor.ts";

/** What a method of an instance is given besides its parameters. */
export interface InstanceRequest {
  /** Aborted when the peer is gone or the instance closes. */
  readonly signal: AbortSignal;
}

/** The methods of an instance by name; what one throws is answered as error 500. */
export type InstanceHandlers = Readonly<
  Record<string, (params: unknown, request: InstanceRequest) => unknown>
>;

/** Where an instance listens, and what it takes. */
export interface ServeInstanceOptions extends Pick<InstancePathOptions, "app" | "scheme"> {
  /** Sizes in bytes and times in milliseconds; each has a default. */
  readonly limits?: Partial<LineLimits>;
  /** Told of what no peer can be told. */
  onError?(error: unknown): void;
}

/** An instance that listens. */
export interface Instance extends Disposable {
  /** The instance socket. */
  readonly socketPath: string;
  /** The workspace's real path; with the scheme `vscode-mcp` its path as it was given, links kept. */
  readonly workspace: string;
  /** How many peers asked for events. */
  readonly subscribers: number;
  /**
   * Sends an event to every peer that asked for events (method `subscribe`).
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT` when the data cannot be sent.
   */
  push(event: string, data?: unknown): void;
  /** Stops listening, ends every connection, and removes the socket. */
  close(): void;
}

const LIMITS: LineLimits = {
  messageBytes: 16 * 1024 * 1024,
  stallMs: 30_000,
  idleMs: 60_000,
  eventBytes: 1024 * 1024,
  pauseBytes: 4 * 1024 * 1024,
};
const MAX_CONNECTIONS = 256;
const MAX_PENDING = 1000;

/** The server half of `serveInstance` in `mod.ts`, which says what it throws. */
export async function serveInstance(
  workspace: string,
  handlers: InstanceHandlers,
  options: ServeInstanceOptions = {},
): Promise<Instance> {
  if (system.os === "windows") {
    throw new SessionctlError("NOT_SUPPORTED", "instance sockets cannot be served on Windows", {
      hint: "the runtime has no named pipe server; sessionctl path prints the pipe's name",
    });
  }
  const path = await pathOf(workspace, options.scheme);
  const socketPath = await workspaceSocketPath(path, options);
  const server = new InstanceServer(path, handlers, options);
  await server.start(socketPath);
  return server;
}

/** The path that names the workspace in a scheme: tjx666/vscode-mcp keeps links, as VS Code does. */
async function pathOf(workspace: string, scheme: InstanceScheme = "adr"): Promise<string> {
  try {
    const real = await Deno.realPath(workspace);
    return scheme === "adr" ? real : absolutePath(workspace, () => Deno.cwd());
  } catch (error) {
    throw new SessionctlError(
      "NOT_FOUND",
      `the workspace ${printablePath(workspace)}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function inUse(workspace: string, socketPath: string, pid?: number): SessionctlError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new SessionctlError(
    "ADDRESS_IN_USE",
    `${who} already serves the workspace ${printablePath(workspace)}`,
    { hint: `it listens on ${printablePath(socketPath)}` },
  );
}

/** Text, because tjx666/vscode-mcp's clients show whatever is there as text. */
function detailsOf(error: unknown): string | undefined {
  if (error instanceof SessionctlError) {
    return error.hint === undefined ? error.code : `${error.code}: ${error.hint}`;
  }
  return error instanceof Error ? error.name : undefined;
}

class InstanceServer implements Instance {
  readonly workspace: string;
  readonly #handlers: InstanceHandlers;
  readonly #options: ServeInstanceOptions;
  readonly #connections = new Set<LineConnection>();
  readonly #subscribed = new Set<LineConnection>();
  #acceptor!: Awaited<ReturnType<typeof claimAcceptor>>;
  #closed = false;
  readonly #onUnload = () => this.close();

  constructor(workspace: string, handlers: InstanceHandlers, options: ServeInstanceOptions) {
    this.workspace = workspace;
    this.#handlers = handlers;
    this.#options = options;
  }

  async start(socketPath: string): Promise<void> {
    this.#acceptor = await claimAcceptor(
      {
        socketPath,
        what: "the instance socket",
        maxConnections: MAX_CONNECTIONS,
        serve: (stream) => this.#serve(stream),
        onError: (error) => this.#options.onError?.(error),
      },
      "close the workspace there",
      (pid) => inUse(this.workspace, socketPath, pid),
    );
    globalThis.addEventListener("unload", this.#onUnload);
  }

  get socketPath(): string {
    return this.#acceptor.socketPath;
  }

  get subscribers(): number {
    return this.#subscribed.size;
  }

  async #serve(stream: ByteStream): Promise<void> {
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
      return connection.send({ id, result: { workspace: this.workspace } });
    }
    const handler = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined;
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
      // Looked at here, so that a result that cannot be sent is an error of its request.
      if (result !== undefined) toJsonText(result, "the result");
      if (method === "health") return { result: this.#health(result) };
      return { result: result ?? null };
    } catch (error) {
      return { error: { code: 500, message: messageOf(error), details: detailsOf(error) } };
    }
  }

  #health(own: unknown): Record<string, unknown> {
    const more = typeof own === "object" && own !== null ? own : {};
    return { status: "ok", ...more, workspace: this.workspace, pid: Deno.pid };
  }

  push(event: string, data?: unknown): void {
    if (data !== undefined) toJsonText(data, "the data");
    const bytes = encodeJsonLine({ event, data });
    for (const connection of this.#subscribed) connection.sendEvent(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    globalThis.removeEventListener("unload", this.#onUnload);
    this.#acceptor.close();
    for (const connection of this.#connections) connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
