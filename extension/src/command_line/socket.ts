import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { join } from "node:path";
import { runtimeDirectories } from "../../../src/platform/mod.ts";
import { messageOf } from "../../../src/errors.ts";
import { listenAt, type Listener } from "../node/listener.ts";
import { answerMessage } from "./messages.ts";

const MAX_CONNECTIONS = 64;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const REQUEST_MS = 10_000;

/** The path of a window's socket: an editor's name, beside the registry's socket. */
export function commandLinePath(windowId: string): string {
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(windowId)!.slice(1);
  return join(runtimeDirectories()[0]!, `vscode-ipc-${parts.join("-")}.sock`);
}

/**
 * The command-line socket of a window to which the editor gives none, such as desktop windows that
 * are not remote. It speaks the editor's protocol (docs/protocols.md), including the probe: Node
 * answers an unknown `Expect` with 417. Source: microsoft/vscode
 * `src/vs/workbench/api/node/extHostCLIServer.ts`.
 */
export class CommandLineSocket {
  readonly #server: Server;
  #listener: Listener | undefined;
  #closed = false;

  constructor() {
    this.#server = createServer(
      // Node checks for late requests only at intervals; older versions every half minute.
      { maxHeaderSize: 64 * 1024, connectionsCheckingInterval: 5000 } as ServerOptions,
      (request, response) => void serve(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.headersTimeout = REQUEST_MS;
    this.#server.requestTimeout = REQUEST_MS;
    this.#server.on("error", () => {});
  }

  /** @throws {SessionctlError} as {@link listenAt}. */
  async start(path: string): Promise<void> {
    const listener = await listenAt(this.#server, path);
    if (this.#closed) listener.close();
    else this.#listener = listener;
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(body ?? null));
  };
  try {
    if (request.method !== "POST" || request.url !== "/") return send(404, "not found");
    const text = await bodyOf(request);
    if (text === undefined) return send(413, `more than ${MAX_BODY_BYTES} bytes`);
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null) return send(400, "no message");
    const answer = await answerMessage(message as Record<string, unknown>);
    if (answer) return send(200, answer.result);
    send(404, `Unknown message type: ${(message as { type?: unknown }).type}`);
  } catch (error) {
    send(500, messageOf(error));
  }
}

/** The body as text; undefined if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Uint8Array).length;
    // The rest is read and discarded, so that the peer gets its answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk as Uint8Array);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}
