import { hasCode, messageOf, SessionctlError } from "../../errors.ts";
import { connectOwned } from "../../platform/mod.ts";
import type { Endpoint } from "./address.ts";
import { type EngineCredentials, type EngineFiles, readEngineCredentials } from "./credentials.ts";

/** Maximum length of an answer, in bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Interval of reading the credential files again while all goes well, in milliseconds. */
const CREDENTIALS_MS = 30_000;
/** The gateway's code for a request whose token is missing or has expired. */
const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;

/** A refusal by the engine: it was reached, and refused the request. */
class EngineRefusal extends SessionctlError {
  /** @param code The gateway's number for the kind of refusal. */
  constructor(readonly kind: number, message: string, cause?: unknown) {
    const denied = kind === PERMISSION_DENIED || kind === UNAUTHENTICATED;
    super(denied ? "NOT_ALLOWED" : "REMOTE_ERROR", message, { cause });
  }
}

/**
 * Sends requests to the nodes of the engine, first to the one that answered last. The credential
 * files are read again regularly, so that they can be replaced at any time.
 */
export class EngineHttp implements Disposable {
  readonly #endpoints: readonly Endpoint[];
  readonly #files: EngineFiles;
  readonly #ending = new AbortController();
  readonly #clients = new Map<Endpoint, Deno.HttpClient>();
  #credentials?: EngineCredentials;
  #readAt = 0;
  #token?: string;
  #preferred = 0;
  #skewMs?: number;

  /** Makes no connection yet. */
  constructor(endpoints: readonly Endpoint[], files: EngineFiles) {
    this.#endpoints = endpoints;
    this.#files = files;
  }

  /**
   * Sends `body` to the nodes in turn until one answers.
   *
   * @param limitMs Time limit of all attempts together, in milliseconds.
   * @param maxBytes Maximum length of the answer, in bytes.
   * @returns The parsed answer.
   * @throws {SessionctlError} `FLEET_UNAVAILABLE` if no node answers, `NOT_ALLOWED` and
   * `REMOTE_ERROR` for refusals, `MESSAGE_TOO_LARGE`, `INVALID_CREDENTIALS` for files that cannot
   * be read.
   */
  async ask(
    path: string,
    body: unknown,
    limitMs: number,
    maxBytes = MAX_ANSWER_BYTES,
  ): Promise<Record<string, unknown>> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(limitMs)]);
    const share = Math.max(limitMs / this.#endpoints.length, Math.min(1000, limitMs));
    return await this.#eachNode(path, signal, async (endpoint) => {
      const each = AbortSignal.any([signal, AbortSignal.timeout(share)]);
      const response = await this.#post(endpoint, path, body, each);
      return JSON.parse(await readText(response, maxBytes)) as Record<string, unknown>;
    });
  }

  /** Like {@link ask}, but returns the body as it arrives. `signal` ends it. */
  async stream(path: string, body: unknown, limitMs: number, signal: AbortSignal) {
    const limit = AbortSignal.timeout(limitMs);
    const all = AbortSignal.any([signal, limit, this.#ending.signal]);
    return await this.#eachNode(path, all, async (endpoint) => {
      const head = new AbortController();
      const abort = () => head.abort(limit.reason);
      limit.addEventListener("abort", abort);
      try {
        const response = await this.#post(
          endpoint,
          path,
          body,
          AbortSignal.any([signal, head.signal, this.#ending.signal]),
        );
        return response.body!;
      } finally {
        limit.removeEventListener("abort", abort);
      }
    });
  }

  /**
   * The difference by which this clock is ahead of the engine's, as of the last answer, in
   * milliseconds.
   */
  get clockSkewMs(): number | undefined {
    return this.#skewMs;
  }

  /** Ends all requests. */
  [Symbol.dispose](): void {
    this.#ending.abort();
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #eachNode<Result>(
    path: string,
    signal: AbortSignal,
    once: (endpoint: Endpoint) => Promise<Result>,
  ): Promise<Result> {
    const failures: string[] = [];
    for (let tries = 0; tries < this.#endpoints.length; tries++) {
      const endpoint = this.#endpoints[this.#preferred % this.#endpoints.length]!;
      try {
        return await once(endpoint);
      } catch (error) {
        // The files may have been replaced; the next request reads them.
        this.#readAt = 0;
        if (error instanceof SessionctlError && !hasCode(error, "FLEET_UNAVAILABLE")) throw error;
        failures.push(`${endpoint.socket ?? endpoint.base}: ${reasonOf(error)}`);
        this.#preferred++;
        if (signal.aborted) break;
      }
    }
    throw new SessionctlError("FLEET_UNAVAILABLE", `no answer to ${path} (${failures.join("; ")})`);
  }

  async #post(endpoint: Endpoint, path: string, body: unknown, signal: AbortSignal) {
    await this.#renewCredentials();
    for (let tries = 0;; tries++) {
      const token = await this.#tokenOf(endpoint, signal);
      const response = await this.#send(endpoint, path, body, token, signal);
      if (response.ok) return response;
      const refusal = await refusalOf(response, path);
      if (!isExpired(refusal) || token === undefined || tries > 0) throw refusal;
      this.#token = undefined;
    }
  }

  async #tokenOf(endpoint: Endpoint, signal: AbortSignal): Promise<string | undefined> {
    const login = this.#credentials?.login;
    if (login === undefined || this.#token !== undefined) return this.#token;
    const response = await this.#send(endpoint, "/v3/auth/authenticate", login, undefined, signal);
    if (!response.ok) throw await refusalOf(response, `the login of ${login.name}`);
    const { token } = JSON.parse(await readText(response)) as { token?: unknown };
    return this.#token = typeof token === "string" ? token : undefined;
  }

  async #send(
    endpoint: Endpoint,
    path: string,
    body: unknown,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const headers = new Headers({
      "content-type": "application/json",
      // Without it, a node that is cut off from the others keeps a watch open, but silent.
      "grpc-metadata-hasleader": "true",
    });
    if (token !== undefined) headers.set("authorization", token);
    const client = this.#clientOf(endpoint);
    if (endpoint.socket !== undefined) await checkOwner(endpoint.socket);
    const init = { method: "POST", headers, body: JSON.stringify(body), signal, client };
    const response = await fetch(`${endpoint.base}${path}`, { ...init, redirect: "error" });
    const time = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(time)) this.#skewMs = Date.now() - time;
    return response;
  }

  #clientOf(endpoint: Endpoint): Deno.HttpClient {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const { caCerts, cert, key } = this.#credentials ?? {};
    const made = Deno.createHttpClient({
      ...caCerts !== undefined && { caCerts },
      ...cert !== undefined && key !== undefined && { cert, key },
      ...endpoint.socket !== undefined && {
        proxy: { transport: "unix" as const, path: endpoint.socket },
      },
    });
    this.#clients.set(endpoint, made);
    return made;
  }

  async #renewCredentials(): Promise<void> {
    const now = Date.now();
    if (this.#credentials !== undefined && now - this.#readAt < CREDENTIALS_MS) return;
    const before = JSON.stringify(this.#credentials);
    try {
      this.#credentials = await readEngineCredentials(this.#files);
    } catch (error) {
      // A file may be half replaced; the previous contents are still used.
      if (this.#credentials === undefined) throw error;
    }
    this.#readAt = now;
    if (before === JSON.stringify(this.#credentials)) return;
    this.#token = undefined;
    // Streams keep the client with which they were created until they end.
    this.#clients.clear();
  }
}

/**
 * Checks the engine's socket, which may lead to another user, who would get the password.
 *
 * @throws {SessionctlError} `FOREIGN_OWNER`, and the errors of a connect.
 */
async function checkOwner(socket: string): Promise<void> {
  const { conn } = await connectOwned(socket);
  conn.close();
}

function isExpired(refusal: unknown): boolean {
  return refusal instanceof EngineRefusal &&
    (refusal.kind === UNAUTHENTICATED || /invalid auth token/.test(refusal.message));
}

/** The engine's error: 3.4 calls its number `code`, 3.5 `grpc_code`. */
async function refusalOf(response: Response, path: string): Promise<Error> {
  const text = await readText(response);
  let said: Record<string, unknown> = {};
  try {
    said = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A proxy's page; its status is sufficient.
  }
  const reason = typeof said.error === "string" ? said.error : `status ${response.status}`;
  const message = `the fleet's engine refuses ${path}: ${reason.slice(0, 500)}`;
  // Unavailable, deadline exceeded, or internal: another node may succeed.
  const kind = Number(said.grpc_code ?? said.code ?? 0);
  const isAway = [4, 14].includes(kind) || (response.status >= 500 && kind === 0) ||
    /no leader|request timed out/.test(reason);
  return isAway
    ? new SessionctlError("FLEET_UNAVAILABLE", message)
    : new EngineRefusal(kind, message);
}

async function readText(response: Response, maxBytes = MAX_ANSWER_BYTES): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new SessionctlError("MESSAGE_TOO_LARGE", `an answer exceeds ${maxBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown): string {
  const { name } = error as Error;
  return name === "TimeoutError" || name === "AbortError"
    ? "it did not answer in time"
    : messageOf(error);
}
