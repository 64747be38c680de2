import type { WaitingBudget, WaitingShare } from "../../http/server/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { FrameReader } from "./frame_reader.ts";
import { FRAME_DISCONNECT, MAX_MESSAGE_BYTES, PersistentProtocolError } from "./wire.ts";
import { WireWriter } from "./wire_writer.ts";

/** How large and how slow the messages of a connection may be. */
export interface ConnectionLimits {
  /** Longest message, in bytes, either way. */
  readonly maxMessageBytes: number;
  /** How long a peer may leave what waits for it untaken, in milliseconds. */
  readonly stallMs: number;
  /** Above so many bytes that wait for the peer, nothing more is read from it. */
  readonly pauseBytes: number;
  /** Above so many bytes of events that wait for the peer, further ones are dropped. */
  readonly eventBytes: number;
  /** Above so many bytes that wait for the peer, the connection ends. */
  readonly maxWaitingBytes: number;
  /** Calls and subscriptions of the peer at once. */
  readonly maxRequests: number;
}

const defaultLimits: ConnectionLimits = {
  maxMessageBytes: MAX_MESSAGE_BYTES,
  stallMs: 30_000,
  // Two that wait for each other to read would wait for ever: only a server sets this.
  pauseBytes: Infinity,
  eventBytes: 1024 * 1024,
  maxWaitingBytes: 4 * MAX_MESSAGE_BYTES,
  maxRequests: 10_000,
};

/** What is given to the system at once, at most: so that progress is seen within a long message. */
const WRITE_BYTES = 1024 * 1024;
/** Less than this is not counted in the budget: a connection takes as much anyway. */
const COUNTED_BYTES = 64 * 1024;

/** How long a peer whose protocol is not spoken may take to hear so, in milliseconds. */
const DISCONNECT_MS = 1000;

/**
 * Messages over a byte stream, many in one write: what is sent while the present
 * event is handled, or while a write is under way, goes out together.
 */
export class Connection {
  readonly limits: ConnectionLimits;
  readonly #stream: ByteStream;
  readonly #writer: WireWriter;
  /** How many bytes the write under way has. */
  #writing = 0;
  /** How many pieces were written so far. */
  #written = 0;
  #flushing = false;
  /** Resolves when nothing is left of what waits to be written. */
  #flushed = Promise.resolve();
  #stallTimer: ReturnType<typeof setTimeout> | undefined;
  #endReason: SessionctlError | undefined;
  readonly #ended = Promise.withResolvers<SessionctlError>();
  #resumeReading: (() => void) | undefined;
  /** How much of what waits is events: collected, and in the write under way. */
  #eventsCollected = 0;
  #eventsWriting = 0;
  readonly #drainListeners = new Set<() => void>();
  readonly #share: WaitingShare | undefined;
  /** The size of the buffer for what arrives. */
  #receiving = 0;

  /** @param budget Counts what waits, together with other connections. */
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

  /** Resolves with the reason when the connection has ended, by whichever side. */
  get ended(): Promise<SessionctlError> {
    return this.#ended.promise;
  }

  /** Why the connection has ended; undefined while it is open. */
  get endReason(): SessionctlError | undefined {
    return this.#endReason;
  }

  /** Bytes that wait for the peer to take them. */
  get waiting(): number {
    return this.#writer.length + this.#writing;
  }

  /** Whether the peer is behind with its events: the next one is to be dropped. */
  get behind(): boolean {
    return this.#eventsCollected + this.#eventsWriting > this.limits.eventBytes;
  }

  /** Calls `listener` once when the peer has caught up; gives a way to stop that. */
  onDrained(listener: () => void): () => void {
    this.#drainListeners.add(listener);
    return () => void this.#drainListeners.delete(listener);
  }

  /**
   * Reads until the connection ends, and calls `onMessage` with each message, which is
   * valid during the call only. A message it cannot bear (it throws) ends the connection.
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

  /** A PersistentProtocol takes a mere close for a loss, and waits for hours to come back. */
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
   * @param isEvent Whether it counts as an event that waits.
   * @throws {SessionctlError} when it cannot be serialized; then nothing is sent.
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
      // Answers that are ready a few steps later go into the same write.
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

  /** One timer looks now and then whether writing goes on, which costs a write nothing. */
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

  /** Ends the connection at once; what was not written yet is lost. */
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
