import { bindUnixSocket } from "../../src/platform/mod.ts";
import {
  type HttpLimits,
  type HttpReply,
  type HttpRequest,
  HttpServer,
} from "../../src/http/server/mod.ts";
import { AcceptedDescriptors } from "../../src/platform/ffi/accepted_descriptors.ts";
import { boundPathOf } from "../../src/platform/ffi/libc.ts";
import type { Sandbox } from "./sandbox.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection on which a test sends arbitrary bytes. */
export class RawConnection {
  readonly #conn: Deno.UnixConn;
  #received = "";
  #closed = false;

  constructor(conn: Deno.UnixConn) {
    this.#conn = conn;
  }

  /** Sends all of it; returns false if the peer has gone. */
  async send(content: string | Uint8Array): Promise<boolean> {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
      return true;
    } catch {
      return false;
    }
  }

  /** Closes the sending side. */
  async end(): Promise<void> {
    await this.#conn.closeWrite().catch(() => {});
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const count = await this.#conn.read(buffer).catch(() => null);
    if (count === null) return false;
    this.#received += decoder.decode(buffer.subarray(0, count));
    return true;
  }

  /** Returns everything that arrives until the peer ends the connection. */
  async untilEnd(): Promise<string> {
    while (await this.#more()) { /* there may be more */ }
    return this.#received;
  }

  /** Returns the received text as soon as it matches `pattern`, or at the end. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received) && await this.#more()) { /* not yet */ }
    return this.#received;
  }

  close(): void {
    if (!this.#closed) this.#conn.close();
    this.#closed = true;
  }
}

/** Connects to `path`; the connection ends with the sandbox at the latest. */
export async function connectRaw(sandbox: Sandbox, path: string): Promise<RawConnection> {
  const connection = new RawConnection(await Deno.connect({ transport: "unix", path }));
  sandbox.defer(() => connection.close());
  return connection;
}

/** Sends `request` and returns the answers until the server ends the connection. */
export async function exchangeRaw(
  sandbox: Sandbox,
  path: string,
  request: string | Uint8Array,
): Promise<string> {
  const connection = await connectRaw(sandbox, path);
  // A server may answer before it has read everything.
  const sent = connection.send(request).then(() => connection.end());
  const answer = await connection.untilEnd();
  connection.close();
  await sent;
  return answer;
}

/** The status of each answer in the received text. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 ([0-9]{3}) [^\r\n]*\r\n/g)].map((match) =>
    Number(match[1])
  );
}

export interface TestHttpServer {
  readonly path: string;
  readonly server: HttpServer;
  /** The requests that its handler received. */
  readonly requests: readonly HttpRequest[];
  readonly errors: readonly unknown[];
  /**
   * The number of its connections' descriptors, without those of concurrent tests in this process.
   */
  descriptors(): number;
}

/** The HTTP server alone, with the test's limits and handler. */
export function startHttpServer(
  sandbox: Sandbox,
  limits: Partial<HttpLimits> = {},
  handler: (request: HttpRequest) => HttpReply | Promise<HttpReply> = () => ({ status: 200 }),
): TestHttpServer {
  const path = sandbox.path("run", "http.sock");
  const socket = bindUnixSocket(path);
  const requests: HttpRequest[] = [];
  const errors: unknown[] = [];
  const server = new HttpServer({
    socket,
    limits: {
      headBytes: 16 * 1024,
      bodyBytes: 64 * 1024,
      requestMs: 20_000,
      idleMs: 20_000,
      writeMs: 20_000,
      connections: 100,
      ...limits,
    },
    handler: (request) => {
      requests.push(request);
      return handler(request);
    },
    onError: (error) => errors.push(error),
  }, new AcceptedDescriptors(socket.boundPath));
  sandbox.defer(() => server.close(0));
  const descriptors = () => {
    const numbers = [...Deno.readDirSync("/dev/fd")].map(({ name }) => Number(name));
    return numbers.filter((number) => boundPathOf(number) === socket.boundPath).length - 1;
  };
  return { path, server, requests, errors, descriptors };
}
