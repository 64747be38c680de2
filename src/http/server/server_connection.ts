import { SessionctlError } from "../../errors.ts";
import type { SocketConn } from "../../platform/mod.ts";
import { ByteReader } from "../byte_reader.ts";
import { readBody, type RequestHead } from "../message.ts";
import { CountedConn } from "./counted_conn.ts";
import { sendChunks } from "./chunks.ts";
import { PhaseLimit } from "./phase_limit.ts";
import { HeadParser } from "./repeated_head.ts";
import { encodeReplyHead, errorReply } from "./reply.ts";
import { toRequest } from "./request.ts";
import type { HttpReply, HttpRequest, HttpServerOptions } from "./types.ts";

const encoder = new TextEncoder();
/** Bodies up to this length are sent together with their head, in one write. */
const JOINED_BODY_BYTES = 64 * 1024;
/** Time limit for a peer to read an error, in milliseconds. */
const FAREWELL_MS = 1000;
/** At the limit of connections, one that waits for its peer this long is closed for a new one. */
const EVICTABLE_AFTER_MS = 1000;
/**
 * A client usually sends its request at once; a connection without any request is closed sooner.
 */
const SILENT_EVICTABLE_AFTER_MS = 50;
const NO_BODY = new Uint8Array(0);

/** One accepted connection: requests one after another, each with its time limits. */
export class ServerConnection {
  readonly #conn: CountedConn;
  readonly #free: () => void;
  readonly #acceptedAt = performance.now();
  readonly #options: HttpServerOptions;
  readonly #reader: ByteReader;
  readonly #heads = new HeadParser();
  /** The time limit of the current phase; none while a handler works. */
  readonly #limit = new PhaseLimit();
  #idle = false;
  /** Whether any bytes have arrived yet. */
  #hasSpoken = false;
  /** Set when a request took too long; it is answered with an error instead. */
  #refusal: Promise<void> | undefined;
  #lastRequest: HttpRequest | undefined;
  #lastReply: HttpReply | undefined;
  #lastAnswer: Uint8Array | undefined;
  /** Whether a request has started to arrive and is not complete. */
  #receiving = false;
  #finishing = false;
  #dead = false;
  #upgraded: PromiseWithResolvers<void> | undefined;
  #stream: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** @param free Closes the connection, even with a read or write blocked. */
  constructor(
    conn: SocketConn,
    options: HttpServerOptions,
    free: () => void,
  ) {
    this.#conn = new CountedConn(conn, options.budget, () => this.kill());
    this.#options = options;
    this.#free = free;
    this.#reader = new ByteReader(this.#conn);
  }

  /**
   * Time from which it may be closed for a new connection, as a `performance.now()` value, or
   * infinite.
   */
  evictableFrom(): number {
    if (this.#idle && !this.#hasSpoken) return this.#acceptedAt + SILENT_EVICTABLE_AFTER_MS;
    return this.#limit.waitingSince + EVICTABLE_AFTER_MS;
  }

  /** Serves until the peer or a limit ends the connection; never throws because of the peer. */
  async run(): Promise<void> {
    try {
      while (!this.#dead && (await this.#serveOne())) { /* the next request */ }
    } catch (error) {
      if (!this.#dead && !this.#refusal) await this.#answerError(error);
    } finally {
      await this.#refusal;
      this.kill();
      await this.#upgraded?.promise;
    }
  }

  /**
   * Ends the connection if its current phase lasts too long; an incomplete request gets an error.
   */
  enforceDeadline(now: number): void {
    if (!this.#limit.isOver(now)) return;
    if (!this.#receiving) return this.kill();
    this.#receiving = false;
    this.#limit.set(FAREWELL_MS);
    const { requestMs } = this.#options.limits;
    const error = new SessionctlError("TIMED_OUT", `the request took more than ${requestMs} ms`);
    this.#refusal = this.#answer(errorReply(error), false, false)
      .then(() => {}, () => {})
      .finally(() => this.kill());
  }

  /**
   * Prepares for the server's end: takes no further request, and ends if idle, upgraded or
   * streaming.
   */
  finish(): void {
    this.#finishing = true;
    if (this.#idle || this.#upgraded || this.#stream) {
      this.kill();
    }
  }

  /**
   * Ends the connection immediately and frees its descriptor, even if a read or write is blocked.
   */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#limit.set(Infinity);
    this.#idle = false;
    this.#upgraded?.resolve();
    this.#stream?.cancel().catch(this.#options.onError);
    this.#conn.waiting?.leave();
    this.#free();
  }

  async #serveOne(): Promise<boolean> {
    const head = await this.#readHead();
    if (head === null || this.#dead) return false;
    const request = head.bodyLength === 0
      ? this.#requestWithoutBody(head)
      : toRequest(head, await this.#readBody(head), this.#conn.waiting);
    if (this.#refusal) return false;
    this.#receiving = false;
    this.#limit.set(Infinity);
    const handled = this.#handle(request);
    const reply = handled instanceof Promise ? await handled : handled;
    if (this.#dead) {
      if (reply.body instanceof ReadableStream) await reply.body.cancel();
      return false;
    }
    const closes = this.#finishing || reply.headers?.["Connection"] === "close";
    const keepAlive = head.keepAlive && !closes;
    if (keepAlive && reply === this.#lastReply && head.method !== "HEAD") {
      await this.#write(this.#lastAnswer!);
      return true;
    }
    return await this.#answer(reply, keepAlive, head.method === "HEAD");
  }

  /** A failing handler is our fault: the peer gets a 500, and the log gets the reason. */
  #handle(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const fail = (error: unknown) => {
      this.#options.onError(error);
      return errorReply(error);
    };
    try {
      const handled = this.#options.handler(request);
      return handled instanceof Promise ? handled.catch(fail) : handled;
    } catch (error) {
      return fail(error);
    }
  }

  #requestWithoutBody(head: RequestHead): HttpRequest {
    if (this.#lastRequest?.headers === head.headers) return this.#lastRequest;
    return this.#lastRequest = toRequest(head, NO_BODY, this.#conn.waiting);
  }

  async #readHead(): Promise<RequestHead | null> {
    const { limits } = this.#options;
    if (this.#reader.length === 0) {
      if (this.#finishing) return null;
      this.#idle = true;
      this.#limit.set(limits.idleMs);
      const more = await this.#reader.fill().catch(() => false);
      this.#idle = false;
      if (!more) return null;
      this.#hasSpoken = true;
      const head = this.#heads.repeated(this.#reader.buffered);
      if (head?.bodyLength === 0) {
        this.#reader.skip(this.#reader.length);
        return head;
      }
    }
    this.#receiving = true;
    this.#limit.set(limits.requestMs);
    const bytes = await this.#reader.takeUntilBreak(limits.headBytes);
    return bytes && this.#heads.parse(bytes);
  }

  async #readBody(head: RequestHead): Promise<Uint8Array> {
    const { bodyLength } = head;
    const { bodyBytes } = this.#options.limits;
    if (typeof bodyLength === "number" && bodyLength > bodyBytes) {
      throw new SessionctlError("MESSAGE_TOO_LARGE", `the body exceeds ${bodyBytes} bytes`);
    }
    if (head.headers.get("expect")?.toLowerCase() === "100-continue") {
      const { deadline } = this.#limit;
      await this.#write(encoder.encode("HTTP/1.1 100 Continue\r\n\r\n"));
      // The request is still the same.
      this.#limit.set(this.#options.limits.requestMs, deadline);
    }
    return await this.#conn.counting(() => readBody(this.#reader, bodyLength, bodyBytes));
  }

  async #answerError(error: unknown): Promise<void> {
    // The peer has gone, or ended in the middle of a request, so there is no one to answer.
    if (
      !(error instanceof SessionctlError) || error.code === "CONNECTION_CLOSED"
    ) return;
    this.#receiving = false;
    await this.#answer(errorReply(error), false, false).catch(() => {});
    await this.#lingerBriefly();
  }

  /** Reads what the peer still sends, so that it sees our answer and not a reset. */
  async #lingerBriefly(): Promise<void> {
    this.#limit.set(FAREWELL_MS);
    try {
      await this.#conn.closeWrite();
      await this.#untilPeerEnds();
    } catch { /* the peer is gone */ }
  }

  /** Discards everything that still arrives. */
  async #untilPeerEnds(): Promise<void> {
    const sink = new Uint8Array(16 * 1024);
    while (!this.#dead && await this.#conn.read(sink) !== null) { /* more */ }
  }

  async #answer(
    reply: HttpReply,
    keepAlive: boolean,
    headOnly: boolean,
  ): Promise<boolean> {
    if (reply.upgrade) return await this.#upgrade(reply.upgrade);
    const head = encodeReplyHead(reply, keepAlive);
    const { body } = reply;
    if (body instanceof ReadableStream) {
      await this.#sendStream(head, body, headOnly);
      return false;
    }
    if (!body || body.length === 0 || headOnly) {
      await this.#write(head);
    } else if (body.length <= JOINED_BODY_BYTES) {
      const whole = new Uint8Array(head.length + body.length);
      whole.set(head);
      whole.set(body, head.length);
      if (keepAlive) {
        this.#lastReply = reply;
        this.#lastAnswer = whole;
      }
      await this.#write(whole);
    } else {
      await this.#write(head);
      await this.#write(body);
    }
    return keepAlive;
  }

  /** @param waiting Number of bytes that stay in memory until this is written. */
  async #write(bytes: Uint8Array, waiting = bytes.length): Promise<void> {
    this.#limit.set(this.#options.limits.writeMs);
    await this.#conn.write(bytes, waiting);
    this.#limit.set(Infinity);
  }

  /** Sends a body as it is produced, and meanwhile detects the peer's end. */
  async #sendStream(
    head: Uint8Array,
    body: ReadableStream<Uint8Array>,
    headOnly: boolean,
  ): Promise<void> {
    const reader = this.#stream = body.getReader();
    try {
      await this.#write(head);
      if (headOnly) return;
      // Streams do not support pipelining.
      this.#untilPeerEnds().catch(() => {}).then(() => this.kill());
      await sendChunks(reader, (bytes, waiting) => this.#write(bytes, waiting), () => this.#dead);
    } finally {
      this.#stream = undefined;
      await reader.cancel().catch(() => {});
    }
  }

  async #upgrade(takeOver: NonNullable<HttpReply["upgrade"]>): Promise<boolean> {
    const done = this.#upgraded = Promise.withResolvers<void>();
    const head = this.#reader.buffered.slice();
    this.#reader.skip(head.length);
    takeOver({
      head,
      read: (into) => this.#conn.read(into),
      write: (bytes) => this.#conn.writeUncounted(bytes),
      waiting: this.#conn.waiting,
      close: () => this.kill(),
    });
    await done.promise;
    return false;
  }
}
