import { ByteReader, parseRequestHead, writeAll } from "../platform/http/mod.ts";
import { SessionctlError } from "../platform/mod.ts";
import { claimUnixSocket } from "./claimed_socket.ts";
import { prometheusText, type RelayStats } from "./stats.ts";
import { headEnd } from "./http_framing.ts";
import { cannotListen, formatAddress } from "./tls_acceptor.ts";
import type { PeerAddress } from "./types.ts";

const HEAD_BYTES = 8 * 1024;
/** For a whole request and its answer, in milliseconds. */
const REQUEST_MS = 5_000;
/** More at once wait in the kernel's queue. */
const MAX_CONNECTIONS = 16;

/** Where the status is served: a TCP address or a Unix socket. */
export type StatusAddress = PeerAddress | { readonly path: string };

export interface StatusSource {
  /** Whether a target accepts. */
  healthy(): Promise<boolean>;
  stats(): Promise<RelayStats>;
}

/**
 * Answers `GET /healthz` and `GET /metrics`, one request a connection. No more of
 * HTTP is needed for that, and a probe that hangs holds up nobody.
 */
export class StatusServer {
  readonly address: string;
  readonly #source: StatusSource;
  readonly #listener: Deno.Listener;
  readonly #close: () => void;
  #open = 0;
  #room: (() => void) | undefined;
  #closed = false;

  /** @throws {SessionctlError} when the address cannot be listened on. */
  static async listen(at: StatusAddress, source: StatusSource): Promise<StatusServer> {
    if ("path" in at) {
      const { listener, close } = await claimUnixSocket(at.path, "--status");
      return new StatusServer(`unix:${at.path}`, listener, close, source);
    }
    const listener = listenTcp(at);
    const address = formatAddress(listener.addr as Deno.NetAddr);
    return new StatusServer(address, listener, () => listener.close(), source);
  }

  private constructor(
    address: string,
    listener: Deno.Listener,
    close: () => void,
    source: StatusSource,
  ) {
    this.address = address;
    this.#listener = listener;
    this.#close = close;
    this.#source = source;
    this.#acceptAll();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      if (this.#open >= MAX_CONNECTIONS) {
        await new Promise<void>((resolve) => this.#room = resolve);
      }
      try {
        this.#serve(await this.#listener.accept());
      } catch {
        // Closed, or no descriptor left just now.
        if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    this.#open++;
    let open = true;
    const close = () => {
      if (open) conn.close();
      open = false;
    };
    const timer = setTimeout(close, REQUEST_MS);
    try {
      const head = await new ByteReader(conn).takeUntilBreak(HEAD_BYTES);
      if (head) await writeAll(conn, await this.#answer(head));
    } catch {
      /* a client that sends no request gets no answer */
    } finally {
      clearTimeout(timer);
      close();
      this.#open--;
      this.#room?.();
    }
  }

  async #answer(bytes: Uint8Array): Promise<Uint8Array> {
    let head;
    try {
      head = parseRequestHead(bytes);
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      return reply("400 Bad Request", "text/plain", "not an HTTP request\n");
    }
    if (head.method !== "GET" && head.method !== "HEAD") {
      return reply("405 Method Not Allowed", "text/plain", "only GET\n", "Allow: GET, HEAD\r\n");
    }
    const answer = await this.#page(head.target);
    // The answer to HEAD says how long the body would be, and has none.
    return head.method === "HEAD" ? answer.subarray(0, headEnd(answer, 0)) : answer;
  }

  async #page(target: string): Promise<Uint8Array> {
    switch (target.replace(/^http:\/\/[^/]*|\?.*$/g, "")) {
      case "/healthz": {
        const healthy = await this.#source.healthy();
        const status = healthy ? "200 OK" : "503 Service Unavailable";
        const body = `${JSON.stringify({ status: healthy ? "alive" : "no target accepts" })}\n`;
        return reply(status, "application/json", body);
      }
      case "/metrics":
        return reply(
          "200 OK",
          "text/plain; version=0.0.4; charset=utf-8",
          prometheusText(await this.#source.stats()),
        );
      default:
        return reply("404 Not Found", "text/plain", "try /healthz or /metrics\n");
    }
  }

  close(): void {
    this.#closed = true;
    this.#close();
    this.#room?.();
  }
}

function listenTcp(at: PeerAddress): Deno.Listener {
  try {
    return Deno.listen({ hostname: at.hostname, port: at.port });
  } catch (error) {
    throw cannotListen(at, error);
  }
}

function reply(status: string, type: string, body: string, fields = ""): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  return new TextEncoder().encode(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n` +
      `${fields}Connection: close\r\n\r\n${body}`,
  );
}
