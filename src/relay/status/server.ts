import { createHash } from "node:crypto";
import { ByteReader, parseRequestHead, type RequestHead } from "../../http/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { acceptNext, writeAll } from "../../platform/mod.ts";
import { claimUnixSocket } from "../listen/claimed_socket.ts";
import { headEnd } from "../http/framing.ts";
import { cannotListen, formatAddress } from "../listen/tls_acceptor.ts";
import type { PeerAddress, StatusAddress } from "../types.ts";
import { serveHealthSocket, wantsHealthSocket } from "./health_socket.ts";
import { History } from "./history.ts";
import { snapshotJson } from "./json.ts";
import { statusPage } from "./page.ts";
import { prometheusText } from "./prometheus.ts";
import type { Snapshot, SnapshotInfo } from "./snapshot.ts";
import { STYLE } from "./style.ts";

const HEAD_BYTES = 8 * 1024;
/** Time limit for a whole request and its response, in milliseconds. */
const REQUEST_MS = 5_000;
/** Number of connections at once; further ones wait in the kernel's queue. */
const MAX_CONNECTIONS = 16;
/** Number of long-lived WebSockets among them, so that a probe always finds room. */
const MAX_SOCKETS = 8;
/** Time limit for the check of the targets, in milliseconds; less than for a request. */
const HEALTH_MS = 4_000;

/** The source of a relay's status. */
export interface StatusSource {
  /** Whether a target accepts connections. */
  healthy(): Promise<boolean>;
  stats(): Promise<Snapshot["stats"]>;
  activity(): Promise<Snapshot["activity"]>;
  /** The windows behind these targets. */
  windows(targets: readonly string[]): Promise<Snapshot["windows"]>;
  info(): Promise<SnapshotInfo>;
}

/** The page has no scripts and loads no resources, and no other page may embed it. */
const PAGE_FIELDS =
  "Content-Security-Policy: default-src 'none'; img-src data:; style-src 'sha256-" +
  createHash("sha256").update(STYLE).digest("base64") +
  "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" +
  "Referrer-Policy: no-referrer\r\n";

/**
 * Answers `GET /`, `/healthz` and `/metrics`, one request per connection, so that a hanging probe
 * does not delay others.
 */
export class StatusServer {
  readonly address: string;
  readonly #source: StatusSource;
  readonly #history: History;
  readonly #listener: Deno.Listener;
  readonly #close: () => void;
  #open = 0;
  #room: (() => void) | undefined;
  #closed = false;
  /** The close functions of the open WebSockets. */
  readonly #sockets = new Set<() => void>();

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
    this.#history = new History(() => source.stats());
    this.#acceptAll();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#closed) {
      if (this.#open >= MAX_CONNECTIONS) {
        await new Promise<void>((resolve) => this.#room = resolve);
      }
      try {
        this.#serve(await acceptNext(this.#listener));
      } catch {
        // The listener is closed, or no descriptor is free.
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
      const reader = new ByteReader(conn);
      const bytes = await reader.takeUntilBreak(HEAD_BYTES);
      if (!bytes) return;
      const head = headOf(bytes);
      if (head && wantsHealthSocket(head) && this.#sockets.size < MAX_SOCKETS) {
        clearTimeout(timer);
        this.#sockets.add(close);
        const healthy = () => this.#healthy();
        await serveHealthSocket(conn, head, reader.buffered.slice(), { healthy, close });
      } else await writeAll(conn, await this.#answer(head));
    } catch {
      /* a client that sends no request gets no answer */
    } finally {
      clearTimeout(timer);
      this.#sockets.delete(close);
      close();
      this.#open--;
      this.#room?.();
    }
  }

  async #answer(head: RequestHead | undefined): Promise<Uint8Array> {
    if (!head) return reply("400 Bad Request", "text/plain", "invalid HTTP request\n");
    if (head.method !== "GET" && head.method !== "HEAD") {
      return reply("405 Method Not Allowed", "text/plain", "use GET\n", "Allow: GET, HEAD\r\n");
    }
    const answer = await this.#resource(head);
    // The response to HEAD has the length of the body, but no body.
    return head.method === "HEAD" ? answer.subarray(0, headEnd(answer, 0)) : answer;
  }

  async #resource(head: RequestHead): Promise<Uint8Array> {
    switch (head.target.replace(/^http:\/\/[^/]*|\?.*$/g, "")) {
      case "/":
        return await this.#overview(head);
      case "/healthz":
      case "/healthz/": {
        const healthy = await this.#healthy();
        const status = healthy ? "200 OK" : "503 Service Unavailable";
        const body = `${
          JSON.stringify({
            status: healthy ? "alive" : "no target accepts connections",
          })
        }\n`;
        return reply(status, "application/json", body);
      }
      case "/metrics":
        return reply(
          "200 OK",
          "text/plain; version=0.0.4; charset=utf-8",
          prometheusText(await this.#source.stats(), await this.#source.info()),
        );
      default:
        return reply("404 Not Found", "text/plain", "try /, /healthz or /metrics\n");
    }
  }

  /** Whether a target accepts connections, checked within the time limit of a request. */
  async #healthy(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), HEALTH_MS);
    const healthy = await Promise.race([this.#source.healthy(), late.promise]);
    clearTimeout(timer);
    return healthy;
  }

  async #overview({ headers }: RequestHead): Promise<Uint8Array> {
    if (!this.#isOurs(headers.get("host"))) {
      const text = "address this server by its IP address or as localhost\n";
      return reply("421 Misdirected Request", "text/plain", text);
    }
    const snapshot = await this.#snapshot();
    if (/\btext\/html\b/i.test(headers.get("accept") ?? "")) {
      const page = statusPage(snapshot, this.#history.points());
      return reply("200 OK", "text/html; charset=utf-8", page, PAGE_FIELDS + VARY);
    }
    const body = `${JSON.stringify(snapshotJson(snapshot), undefined, 2)}\n`;
    return reply("200 OK", "application/json", body, VARY);
  }

  /**
   * Whether the Host header is the status server's own. Otherwise a foreign page whose name resolves
   * here (DNS rebinding) could read the response.
   */
  #isOurs(host: string | undefined): boolean {
    if (host === undefined || this.address.startsWith("unix:")) return true;
    const name = host.replace(/:[0-9]*$/, "").toLowerCase();
    return /^(\[[0-9a-f:.]+\]|[0-9]{1,3}(\.[0-9]{1,3}){3}|localhost)$/.test(name) ||
      name === this.address.replace(/:[0-9]+$/, "").toLowerCase();
  }

  async #snapshot(): Promise<Snapshot> {
    const source = this.#source;
    // First, because it checks the targets.
    const healthy = await this.#healthy();
    const [stats, activity, info] = await Promise.all([
      source.stats(),
      source.activity(),
      source.info(),
    ]);
    const windows = await source.windows(activity.targets.map(({ name }) => name));
    return { ...info, pid: Deno.pid, now: Date.now(), healthy, stats, activity, windows };
  }

  close(): void {
    this.#closed = true;
    this.#history.close();
    this.#close();
    for (const close of this.#sockets) close();
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

const VARY = "Vary: Accept\r\n";

/** Undefined for bytes that are not an HTTP request. */
function headOf(bytes: Uint8Array): RequestHead | undefined {
  try {
    return parseRequestHead(bytes);
  } catch (error) {
    if (error instanceof SessionctlError) return undefined;
    throw error;
  }
}

function reply(status: string, type: string, body: string, fields = ""): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  return new TextEncoder().encode(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n` +
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n" +
      "Cross-Origin-Resource-Policy: same-origin\r\n" +
      `${fields}Connection: close\r\n\r\n${body}`,
  );
}
