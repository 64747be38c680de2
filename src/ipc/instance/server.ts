import { messageOf, SessionctlError } from "../../errors.ts";
import { type InstancePathOptions, type InstanceScheme, workspaceSocketPath } from "./path.ts";
import { absolutePath, printablePath } from "../../platform/mod.ts";
import { type InstanceHandlers, InstanceHost } from "./host.ts";
import type { LineLimits } from "./line_connection.ts";
import { claimAcceptor } from "../streams/claimed_acceptor.ts";

/** Options of an instance server. */
export interface ServeInstanceOptions extends Pick<InstancePathOptions, "app" | "scheme"> {
  /** Limits, with sizes in bytes and times in milliseconds; each has a default. */
  readonly limits?: Partial<LineLimits>;
  /** Called with errors that cannot be reported to a peer. */
  onError?(error: unknown): void;
}

/** An instance that listens. */
export interface Instance extends Disposable {
  /** The instance socket. */
  readonly socketPath: string;
  /** The workspace's real path; with the scheme `vscode-mcp`, its path as given, links kept. */
  readonly workspace: string;
  /** Number of peers that subscribed to events. */
  readonly subscribers: number;
  /**
   * Sends an event to every peer that subscribed (method `subscribe`).
   *
   * @throws {SessionctlError} `INVALID_ARGUMENT` if the data cannot be sent.
   */
  push(event: string, data?: unknown): void;
  /** Stops listening, ends every connection, and removes the socket. */
  close(): void;
}

const MAX_CONNECTIONS = 256;

/** The server half of `serveInstance` in `mod.ts`, which documents the errors. */
export async function serveInstance(
  workspace: string,
  handlers: InstanceHandlers,
  options: ServeInstanceOptions = {},
): Promise<Instance> {
  const path = await pathOf(workspace, options.scheme);
  const socketPath = await workspaceSocketPath(path, options);
  const server = new InstanceServer(path, handlers, options);
  await server.start(socketPath);
  return server;
}

/** The path of the workspace in a scheme: tjx666/vscode-mcp keeps links, like VS Code. */
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

class InstanceServer implements Instance {
  readonly workspace: string;
  readonly #host: InstanceHost;
  readonly #onError: ServeInstanceOptions["onError"];
  #acceptor!: Awaited<ReturnType<typeof claimAcceptor>>;
  #closed = false;
  readonly #onUnload = () => this.close();

  constructor(workspace: string, handlers: InstanceHandlers, options: ServeInstanceOptions) {
    this.workspace = workspace;
    this.#host = new InstanceHost({ workspace, pid: Deno.pid, handlers, limits: options.limits });
    this.#onError = options.onError;
  }

  async start(socketPath: string): Promise<void> {
    this.#acceptor = await claimAcceptor(
      {
        socketPath,
        what: "the instance socket",
        maxConnections: MAX_CONNECTIONS,
        serve: (stream) => this.#host.serve(stream),
        onError: (error) => this.#onError?.(error),
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
    return this.#host.subscribers;
  }

  push(event: string, data?: unknown): void {
    this.#host.push(event, data);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    globalThis.removeEventListener("unload", this.#onUnload);
    this.#acceptor.close();
    this.#host.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
