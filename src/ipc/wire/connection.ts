import type { WaitingBudget, WaitingShare } from "../../http/server/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { FrameReader } from "./frame_reader.ts";
import { FRAME_DISCONNECT, MAX_MESSAGE_BYTES, PersistentProtocolError } from "./wire.ts";
import { WireWriter } from "./wire_writer.ts";

/** Size and time limits of a connection's messages. */
export interface ConnectionLimits {
  /** Maximum length of a message in either direction, in bytes. */
  readonly maxMessageBytes: number;
  /** How long a peer may not read what waits for it, in milliseconds. */
  readonly stallMs: number;
  /** Number of bytes waiting for the peer above which nothing more is read from it. */
  readonly pauseBytes: number;
  /** Number of bytes of events waiting for the peer above which further events are dropped. */
  readonly eventBytes: number;
  /** Number of bytes waiting for the peer above which the connection ends. */
  readonly maxWaitingBytes: number;
  /** Maximum number of open calls and subscriptions of the peer. */
  readonly maxRequests: number;
}

const defaultLimits: ConnectionLimits = {
  maxMessageBytes: MAX_MESSAGE_BYTES,
  stallMs: 30_000,
  // Two ends that wait for each other to read would block forever, so only a server sets this.
  pauseBytes: Infinity,
  eventBytes: 1024 * 1024,
  maxWaitingBytes: 4 * MAX_MESSAGE_BYTES,
  maxRequests: 10_000,
};

/** Maximum size of one write, so that progress is visible within a long message. */
const WRITE_BYTES = 1024 * 1024;
/** Below this, bytes do not count in the budget, because every connection uses that much. */
const COUNTED_BYTES = 64 * 1024;

/** Time limit for telling a peer that its protocol is not supported, in milliseconds. */
const DISCONNECT_MS = 1000;

/**
 * Messages over a byte stream, several in one write: messages sent during the current event, or
 * during a write in progress, go out together.
 */
export class Connection {
  readonly limits: ConnectionLimits;
  readonly #stream: ByteStream;
  readonly #writer: WireWriter;
  /** Number of bytes in the write in progress. */
  #writing = 0;
  /** Number of chunks written so far. */
  #written = 0;
  #flushing = false;
  /** Resolves when all waiting bytes have been written. */
  #flushed = Promise.resolve();
  #stallTimer: ReturnType<typeof setTimeout> | undefined;
  #endReason: SessionctlError | undefined;
  readonly #ended = Promise.withResolvers<SessionctlError>();
  #resumeReading: (() => void) | undefined;
  /** Number of waiting bytes that belong to events: collected, and in the write in progress. */
  #eventsCollected = 0;
  #eventsWriting = 0;
  readonly #drainListeners = new Set<() => void>();
  readonly #share: WaitingShare | undefined;
  /** The size of the receive buffer. */
  #receiving = 0;

  /** @param budget Counts the waiting bytes of several connections together. */
  constructor(
    stream: ByteStream,
    limits: Partial<ConnectionLimits> = {},
    budget?: WaitingBudget,
  ) {
    this.#share = budget?.join(() => this.close(closed("too much waits for all peers together")));
    this.#stream = stream;
    this.limits = { ...defaultLimits, ...limits };
    this.#writer = new WireWriter(this.limits.maxMessageBytes);
  }

  /** Resolves with the reason when either side has ended the connection. */
  get ended(): Promise<SessionctlError> {
    return this.#ended.promise;
  }

  /** The reason for the end of the connection; undefined while it is open. */
  get endReason(): SessionctlError | undefined {
    return this.#endReason;
  }

  /** Number of bytes waiting for the peer to read them. */
  get waiting(): number {
    return this.#writer.length + this.#writing;
  }

  /** Whether the peer is behind with its events, so that the next one must be dropped. */
  get behind(): boolean {
    return this.#eventsCollected + this.#eventsWriting > this.limits.eventBytes;
  }

  /** Calls `listener` once when the peer has caught up. @returns a function that unsubscribes. */
  onDrained(listener: () => void): () => void {
    this.#drainListeners.add(listener);
    return () => void this.#drainListeners.delete(listener);
  }

  /**
   * Reads until the connection ends, and calls `onMessage` with each message, which is valid only
   * during the call. If `onMessage` throws, the connection ends.
   */
  async run(onMessage: (message: Uint8Array) => void): Promise<void> {
    const frames = new FrameReader(this.limits.maxMessageBytes);
    try {
      while (this.#endReason === undefined) {
        const count = await this.#stream.read(frames.room);
        if (count === null) break;
        frames.filled(count);
        this.#receiving = frames.capacity;
        this.#count();
        for (let message = frames.next(); message; message = frames.next()) {
          onMessage(message);
          if (this.#endReason !== undefined) return;
        }
        if (this.waiting > this.limits.pauseBytes) await this.#untilDrained();
      }
      this.close(closed("the peer closed the connection"));
    } catch (error) {
      if (error instanceof PersistentProtocolError) await this.#sendDisconnect();
      this.close(
        error instanceof SessionctlError ? error : closed(`it failed: ${messageOf(error)}`),
      );
    }
  }

  /**
   * A PersistentProtocol treats a plain close as a lost connection, and waits for hours to
   * reconnect.
   */
  async #sendDisconnect(): Promise<void> {
    this.#writer.frame(FRAME_DISCONNECT);
    if (!this.#flushing) this.#startFlush();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, DISCONNECT_MS));
    await Promise.race([this.#flushed, late]);
    clearTimeout(timer);
  }

  #count(): void {
    const bytes = this.waiting + this.#receiving;
    this.#share?.set(bytes > COUNTED_BYTES ? bytes : 0);
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => this.#resumeReading = resolve);
  }

  /**
   * Sends one message, which `fill` writes.
   *
   * @param isEvent Whether its bytes count as those of an event.
   * @throws {SessionctlError} if the message cannot be serialized; nothing is sent then.
   */
  send(fill: (writer: WireWriter) => void, isEvent = false): void {
    if (this.#endReason !== undefined) return;
    const writer = this.#writer;
    const before = writer.length;
    writer.begin();
    try {
      fill(writer);
    } catch (error) {
      writer.cancel();
      throw error;
    }
    writer.end();
    if (isEvent) this.#eventsCollected += writer.length - before;
    this.#count();
    if (this.#flushing) {
      if (this.waiting > this.limits.maxWaitingBytes) {
        this.close(closed("the peer does not read what it is sent"));
      }
      return;
    }
    this.#startFlush();
  }

  #startFlush(): void {
    this.#flushing = true;
    this.#flushed = this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      // Answers that are ready a few microtasks later go into the same write.
      for (let i = 0; i < 4; i++) await undefined;
      while (this.#writer.length > 0 && this.#endReason === undefined) {
        const bytes = this.#writer.take();
        this.#eventsWriting = this.#eventsCollected;
        this.#eventsCollected = 0;
        await this.#write(bytes);
        this.#writer.giveBack(bytes);
      }
    } catch (error) {
      this.close(closed(`it failed: ${messageOf(error)}`));
    } finally {
      this.#flushing = false;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#writing = bytes.length;
    this.#stallTimer ??= this.#startStallTimer();
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      await this.#stream.write(bytes.subarray(at, at + WRITE_BYTES));
      this.#writing = Math.max(0, bytes.length - at - WRITE_BYTES);
      this.#written++;
      this.#count();
      if (this.#writing === 0) this.#eventsWriting = 0;
      this.#tellDrained();
    }
  }

  /** A single timer checks periodically that writing progresses, which adds no cost to a write. */
  #startStallTimer(): ReturnType<typeof setTimeout> {
    const before = this.#written;
    return setTimeout(() => {
      this.#stallTimer = undefined;
      if (this.#writing === 0) return;
      if (this.#written === before) this.close(closed("the peer does not read what it is sent"));
      else this.#stallTimer = this.#startStallTimer();
    }, this.limits.stallMs);
  }

  #tellDrained(): void {
    if (this.#resumeReading && this.waiting <= this.limits.pauseBytes) {
      this.#resumeReading();
      this.#resumeReading = undefined;
    }
    if (this.#drainListeners.size === 0 || this.#eventsCollected + this.#eventsWriting > 0) return;
    const listeners = [...this.#drainListeners];
    this.#drainListeners.clear();
    for (const listener of listeners) listener();
  }

  /** Ends the connection at once; unwritten bytes are lost. */
  close(reason: SessionctlError = closed("it was closed")): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#share?.leave();
    clearTimeout(this.#stallTimer);
    this.#resumeReading?.();
    this.#drainListeners.clear();
    this.#stream.close();
    this.#ended.resolve(reason);
  }
}

function closed(reason: string): SessionctlError {
  return new SessionctlError("CONNECTION_CLOSED", `the connection ended: ${reason}`);
}
