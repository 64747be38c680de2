import { SessionctlError } from "../../errors.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { encodeJsonLine, JsonLineSplitter } from "./json_lines.ts";

/** Size and time limits of a peer's messages. */
export interface LineLimits {
  /** Maximum length of a message, in bytes. */
  readonly messageBytes: number;
  /**
   * Time limit from a message's first byte to its last, and for the peer to read what it is sent,
   * in milliseconds.
   */
  readonly stallMs: number;
  /** Time limit without a request in progress or a subscription, in milliseconds. */
  readonly idleMs: number;
  /** Number of bytes waiting for the peer above which its events are dropped. */
  readonly eventBytes: number;
  /** Number of bytes waiting for the peer above which nothing more is read from it. */
  readonly pauseBytes: number;
}

/** JSON objects, one per line, over a stream, with limits for a slow or silent peer. */
export class LineConnection {
  readonly #stream: ByteStream;
  readonly #limits: LineLimits;
  readonly #splitter: JsonLineSplitter;
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #flushing = false;
  #lostEvents = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drained: (() => void) | undefined;
  #finishing = false;
  #closed = false;
  #peerEnded = false;
  #settled: (() => void) | undefined;
  /** Whether the peer may stay without sending requests. */
  persistent = false;
  /** Number of requests of the peer in progress. */
  pending = 0;

  constructor(stream: ByteStream, limits: LineLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#splitter = new JsonLineSplitter(limits.messageBytes);
  }

  /**
   * Reads until the connection ends. @returns the error that ended it, if the peer caused one.
   */
  async run(
    onMessage: (message: Record<string, unknown>) => void,
  ): Promise<SessionctlError | undefined> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        this.watch();
        const count = await this.#stream.read(buffer);
        if (this.#closed) return undefined;
        if (count === null) {
          await this.#untilAnswered();
          return undefined;
        }
        for (const message of this.#splitter.push(buffer.subarray(0, count))) onMessage(message);
        if (this.#waiting > this.#limits.pauseBytes) {
          await new Promise<void>((resolve) => this.#drained = resolve);
        }
      }
    } catch (error) {
      return error instanceof SessionctlError ? error : undefined;
    }
  }

  /** Waits until a peer that has shut down its writing half (`nc -N` does) has its answers. */
  async #untilAnswered(): Promise<void> {
    if (this.pending === 0 && !this.#flushing) return;
    this.#peerEnded = true;
    this.watch();
    await new Promise<void>((resolve) => this.#settled = resolve);
  }

  /** Records that a request was answered. */
  answered(): void {
    this.pending--;
    this.#settle();
    this.watch();
  }

  #settle(): void {
    if (this.pending === 0 && !this.#flushing) this.#settled?.();
  }

  /** Starts the time limit for the connection's current state. */
  watch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { stallMs, idleMs } = this.#limits;
    if (this.#closed) return;
    if (this.#waiting > 0 || this.#splitter.partial || this.#peerEnded) this.#limit(stallMs);
    else if (this.pending === 0 && !this.persistent) this.#limit(idleMs);
  }

  #limit(ms: number): void {
    this.#timer = setTimeout(() => this.close(), ms);
  }

  /** @throws {SessionctlError} if the value cannot be sent. */
  send(message: unknown): void {
    if (this.#closed) return;
    this.#enqueue(encodeJsonLine(message));
  }

  /**
   * Sends an event. If the peer does not keep up, the event is dropped and counted; the peer
   * receives the count later.
   */
  sendEvent(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#lostEvents > 0 || this.#waiting > this.#limits.eventBytes) this.#lostEvents++;
    else this.#enqueue(bytes);
  }

  #enqueue(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    if (!this.#flushing) this.#flush();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    try {
      while (this.#queue.length > 0) {
        const bytes = this.#queue.shift()!;
        this.watch();
        await this.#stream.write(bytes);
        this.#waiting -= bytes.length;
        if (this.#waiting <= this.#limits.pauseBytes) this.#drained?.();
        if (this.#queue.length === 0 && this.#lostEvents > 0) {
          const lost = this.#lostEvents;
          this.#lostEvents = 0;
          this.#enqueue(encodeJsonLine({ event: "lost", data: { lost } }));
        }
      }
    } catch {
      // The peer has disconnected; reading reports the same.
      this.close();
    } finally {
      this.#flushing = false;
      this.#settle();
      this.watch();
      if (this.#finishing) this.close();
    }
  }

  /** Ends the connection once the peer has received the waiting bytes. */
  finish(): void {
    this.#finishing = true;
    if (!this.#flushing) this.close();
  }

  /** Ends the connection at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drained?.();
    this.#settled?.();
    this.#stream.close();
  }
}
