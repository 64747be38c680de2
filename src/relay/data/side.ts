import type { TcpEnds } from "../../platform/ffi/tcp_descriptors.ts";

/** What the data path needs of a connection; the runtime's own connections have it. */
export interface DuplexStream {
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`; gives how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends our direction; the other stays open. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** One of the two connections that a relayed connection joins. */
export interface Side {
  readonly stream: DuplexStream;
  /**
   * What a failed write means. Over TLS (false) the peer is gone. A Unix peer (true)
   * that has closed may have sent something first, which is still to be delivered.
   */
  readonly outlivesWrites: boolean;
  /** Whether a read gives one TLS record at the most, however much has arrived. */
  readonly givesRecords: boolean;
  /** Whether the peer has closed both directions, where that can be told. */
  hungUp(): boolean;
  /**
   * Whether the peer has reset the connection, which a read would tell; where none is under way.
   *
   * @param closed What a connection without a peer counts as: once our direction has ended, the
   * peer may also have closed it.
   */
  wasReset?(closed: boolean): boolean;
  /** Closes what has ended in both directions. */
  close(): void;
  /** Ends it at once so that the peer cannot take it for a clean end; frees the descriptor. */
  abort(): void;
  /** Says that reading from it failed: after a reset by the peer there is nothing to reset. */
  failed(error: unknown): void;
}

/** The numbers of a connection's descriptors, and what can be done with them. */
export interface Descriptors {
  /** The number the next descriptor will have. */
  next(): number;
  /** The user at the other end of a Unix connection; undefined if it is none. */
  peerUid(descriptor: number): number | undefined;
  hungUp(descriptor: number): boolean;
  failed(descriptor: number): boolean;
  shutdown(descriptor: number): void;
  abort(descriptor: number): void;
  ofTcp(ends: TcpEnds): number | undefined;
  /** As `ofTcp`, near the hint alone; see `TcpDescriptors.findNear`. */
  nearTcp(ends: TcpEnds): number | undefined;
  /** Switches Nagle's algorithm off, for a listener and all it accepts. */
  sendAtOnce(descriptor: number): void;
  /** Has a listener give out connections that have brought something; see `deferAccept`. */
  deferAccept(descriptor: number): void;
  /** Makes a listener listen on this port, which others may share; see `sharePort`. */
  sharePort(listenerDescriptor: number, port: number, backlog: number): boolean;
  /** Looks at what a connection has brought; see `peekDescriptor`. */
  peek(descriptor: number, into: Uint8Array<ArrayBuffer>): number;
  /** Answers that and ends our direction. */
  answer(
    descriptor: number,
    peeked: Uint8Array<ArrayBuffer>,
    answer: Uint8Array<ArrayBuffer>,
  ): void;
  /** Gives new connections of a shared port to its `index`th listener; see `steerNewConnections`. */
  steer(listenerDescriptor: number, index: number): boolean;
}

/** Descriptors through libc. Loaded by whoever starts a relay. */
export async function loadDescriptors(): Promise<Descriptors> {
  const libc = await import("../../platform/ffi/libc.ts");
  const listeners = await import("../../platform/ffi/listeners.ts");
  const { TcpDescriptors } = await import("../../platform/ffi/tcp_descriptors.ts");
  const tcp = new TcpDescriptors();
  return {
    next: libc.nextDescriptor,
    peerUid: libc.peerUid,
    hungUp: libc.hasHungUp,
    failed: libc.hasFailed,
    shutdown: libc.shutdownDescriptor,
    abort: libc.abortDescriptor,
    sendAtOnce: libc.sendAtOnce,
    deferAccept: listeners.deferAccept,
    sharePort: listeners.sharePort,
    peek: libc.peekDescriptor,
    answer: libc.answerDescriptor,
    steer: listeners.steerNewConnections,
    ofTcp: (ends) => tcp.find(ends),
    nearTcp: (ends) => tcp.findNear(ends),
  };
}

/** Closes a connection or listener, which may be closed already. */
export function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * The TLS side. Closing it would send close_notify, which says "that was all"; so an
 * abort resets the TCP connection first, below TLS. Its descriptor is looked up, by its two
 * ends, only where it is needed.
 */
export class TlsSide implements Side {
  readonly outlivesWrites = false;
  readonly givesRecords = true;
  readonly stream: DuplexStream;
  readonly #ends: TcpEnds;
  readonly #descriptors: Descriptors;
  #descriptor: number | undefined;
  #isReset = false;

  constructor(
    stream: DuplexStream,
    ends: TcpEnds,
    descriptors: Descriptors,
  ) {
    this.stream = stream;
    this.#ends = ends;
    this.#descriptors = descriptors;
  }

  hungUp(): boolean {
    return false;
  }

  wasReset(closed: boolean): boolean {
    this.#descriptor ??= this.#descriptors.ofTcp(this.#ends);
    // Without a peer there is nothing to find.
    if (this.#descriptor === undefined) return this.#isReset ||= closed;
    return this.#isReset ||= this.#descriptors.failed(this.#descriptor);
  }

  close(): void {
    closeQuietly(this.stream);
  }

  failed(error: unknown): void {
    if (error instanceof Deno.errors.ConnectionReset) this.#isReset = true;
  }

  abort(): void {
    // Looking for what is gone would go through every descriptor.
    const descriptor = this.#isReset ? undefined : this.#descriptors.ofTcp(this.#ends);
    if (descriptor !== undefined) this.#descriptors.abort(descriptor);
    closeQuietly(this.stream);
  }
}

/** The Unix side. Its descriptor must be told: Unix connections have no address of their own. */
export class UnixSide implements Side {
  readonly outlivesWrites = true;
  readonly givesRecords = false;
  readonly stream: DuplexStream;
  readonly #descriptor: number | undefined;
  readonly #descriptors: Descriptors;
  #open = true;

  constructor(stream: DuplexStream, descriptor: number | undefined, descriptors: Descriptors) {
    this.stream = stream;
    this.#descriptor = descriptor;
    this.#descriptors = descriptors;
  }

  failed(): void {}

  hungUp(): boolean {
    return this.#open && this.#descriptor !== undefined &&
      this.#descriptors.hungUp(this.#descriptor);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeQuietly(this.stream);
  }

  /** Closing alone would leave a blocked write, and with it the descriptor, behind. */
  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#descriptor !== undefined) this.#descriptors.shutdown(this.#descriptor);
    closeQuietly(this.stream);
  }
}
