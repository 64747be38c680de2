import { SessionctlError } from "../../errors.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { encodeJsonLine, JsonLineSplitter } from "./json_lines.ts";

/** How large and how slow the messages of a peer may be. */
export interface LineLimits {
  /** Longest message, in bytes. */
  readonly messageBytes: number;
  /** From a message's first byte to its last, and for the peer to take what it is sent, in milliseconds. */
  readonly stallMs: number;
  /** Without a request under way or a subscription, in milliseconds. */
  readonly idleMs: number;
  /** Above so many bytes that wait for the peer, events for it are dropped. */
  readonly eventBytes: number;
  /** Above so many bytes that wait for the peer, nothing more is read from it. */
  readonly pauseBytes: number;
}

/** JSON objects, one a line, over a stream, with limits for a peer that is slow or silent. */
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
  /** Whether the peer may stay without asking anything. */
  persistent = false;
  /** How many requests of the peer are under way. */
  pending = 0;

  constructor(stream: ByteStream, limits: LineLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#splitter = new JsonLineSplitter(limits.messageBytes);
  }

  /**
   * Reads until the connection ends; gives the error that ended it, if the peer made one.
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

  /** A peer may have shut down only its writing half (`nc -N` does): it still gets its answers. */
  async #untilAnswered(): Promise<void> {
    if (this.pending === 0 && !this.#flushing) return;
    this.#peerEnded = true;
    this.watch();
    await new Promise<void>((resolve) => this.#settled = resolve);
  }

  /** Says that a request was answered. */
  answered(): void {
    this.pending--;
    this.#settle();
    this.watch();
  }

  #settle(): void {
    if (this.pending === 0 && !this.#flushing) this.#settled?.();
  }

  /** Starts the time limit that fits what the connection does now. */
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

  /** @throws {SessionctlError} when the value cannot be sent. */
  send(message: unknown): void {
    if (this.#closed) return;
    this.#enqueue(encodeJsonLine(message));
  }

  /** Sends an event, or counts it as lost if the peer does not keep up; it is told how many. */
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
      // The peer is gone: reading tells the same.
      this.close();
    } finally {
      this.#flushing = false;
      this.#settle();
      this.watch();
      if (this.#finishing) this.close();
    }
  }

  /** Ends the connection once the peer has what waits for it. */
  finish(): void {
    this.#finishing = true;
    if (!this.#flushing) this.close();
  }

  /** Ends it at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drained?.();
    this.#settled?.();
    this.#stream.close();
  }
}
