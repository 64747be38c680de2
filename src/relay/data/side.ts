import type { TcpEnds } from "../../platform/ffi/tcp_descriptors.ts";

/** The part of a connection that the data path uses; the runtime's own connections have it. */
export interface DuplexStream {
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`; resolves to their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the direction to the peer; the other stays open. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** One of the two connections that a relayed connection joins. */
export interface Side {
  readonly stream: DuplexStream;
  /**
   * Whether bytes may still arrive after a failed write. A TLS peer (false) has gone. A Unix peer
   * (true) may have sent data before it closed.
   */
  readonly outlivesWrites: boolean;
  /** Whether a read returns one TLS record at most, even if more have arrived. */
  readonly givesRecords: boolean;
  /**
   * Writes without waiting, which spares a message its way through the runtime. No write of the
   * stream may be in progress.
   *
   * @returns the number of bytes taken; 0 also for a failed connection, which `stream` reports.
   */
  writeNow?(bytes: Uint8Array<ArrayBuffer>): number;
  /** Whether the peer has closed both directions, where that is known. */
  hungUp(): boolean;
  /**
   * Whether the peer has reset the connection, for times at which no read is in progress.
   *
   * @param closed The result for a connection without a peer: once the direction to the peer has
   * ended, the peer may also have closed normally.
   */
  wasReset?(closed: boolean): boolean;
  /** Closes a connection that has ended in both directions. */
  close(): void;
  /** Aborts the connection, so that the peer cannot mistake it for a clean end; releases the descriptor. */
  abort(): void;
  /** Records that a read failed: after a reset by the peer no reset is needed. */
  failed(error: unknown): void;
}

/** The descriptors of connections and the system calls on them. */
export interface Descriptors {
  /** The number of the next descriptor. */
  next(): number;
  /** The user at the other end of a Unix connection; undefined for another kind of descriptor. */
  peerUid(descriptor: number): number | undefined;
  /** Sends what the system takes without waiting; see `sendWithoutWaiting`. */
  send(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number;
  hungUp(descriptor: number): boolean;
  failed(descriptor: number): boolean;
  shutdown(descriptor: number): void;
  abort(descriptor: number): void;
  ofTcp(ends: TcpEnds): number | undefined;
  /** The descriptor of a connection that was accepted a moment ago. */
  acceptedTcp(ends: TcpEnds): number | undefined;
  /** Switches Nagle's algorithm off, for a listener and all it accepts. */
  sendAtOnce(descriptor: number): void;
  /** Makes a listener return only connections that have sent data; see `deferAccept`. */
  deferAccept(descriptor: number): void;
  /** Makes a listener listen on this port, which others may share; see `sharePort`. */
  sharePort(listenerDescriptor: number, port: number, backlog: number): boolean;
  /** Reads a connection's first bytes without consuming them; see `peekDescriptor`. */
  peek(descriptor: number, into: Uint8Array<ArrayBuffer>): number;
  /** Writes a response and ends the direction to the peer. */
  answer(
    descriptor: number,
    peeked: Uint8Array<ArrayBuffer>,
    answer: Uint8Array<ArrayBuffer>,
  ): void;
  /** Gives new connections of a shared port to its `index`th listener; see `steerNewConnections`. */
  steer(listenerDescriptor: number, index: number): boolean;
  /** Gives all connections of one client to the same listener; see `steerByClient`. */
  steerByClient(listenerDescriptor: number, count: number): boolean;
}

/** Descriptors through libc, which loads when a relay starts. */
export async function loadDescriptors(): Promise<Descriptors> {
  const libc = await import("../../platform/ffi/libc.ts");
  const listeners = await import("../../platform/ffi/listeners.ts");
  const { TcpDescriptors } = await import("../../platform/ffi/tcp_descriptors.ts");
  const tcp = new TcpDescriptors();
  return {
    next: libc.nextDescriptor,
    peerUid: libc.peerUid,
    send: libc.sendWithoutWaiting,
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
    steerByClient: listeners.steerByClient,
    ofTcp: (ends) => tcp.find(ends),
    acceptedTcp: (ends) => tcp.findAccepted(ends),
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
 * The TLS side. Closing it would send close_notify, which means a clean end, so an abort first
 * resets the TCP connection below TLS. The descriptor is found by the connection's two addresses,
 * only when it is needed.
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
    // A connection without a peer cannot be found.
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
    // A search for a closed connection would read every descriptor.
    const descriptor = this.#isReset ? undefined : this.#descriptors.ofTcp(this.#ends);
    if (descriptor !== undefined) this.#descriptors.abort(descriptor);
    closeQuietly(this.stream);
  }
}

/** The Unix side. The caller gives its descriptor, because Unix connections have no address. */
export class UnixSide implements Side {
  readonly outlivesWrites = true;
  readonly givesRecords = false;
  readonly stream: DuplexStream;
  readonly #descriptor: number | undefined;
  protected readonly descriptors: Descriptors;
  #open = true;

  constructor(stream: DuplexStream, descriptor: number | undefined, descriptors: Descriptors) {
    this.stream = stream;
    this.#descriptor = descriptor;
    this.descriptors = descriptors;
  }

  /** The descriptor, unless the connection is closed. */
  protected get descriptor(): number | undefined {
    return this.#open ? this.#descriptor : undefined;
  }

  failed(): void {}

  hungUp(): boolean {
    return this.descriptor !== undefined && this.descriptors.hungUp(this.descriptor);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeQuietly(this.stream);
  }

  /** Closing alone would leave a blocked write, and with it the descriptor, open. */
  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#descriptor !== undefined) this.descriptors.shutdown(this.#descriptor);
    closeQuietly(this.stream);
  }
}

/** A Unix connection that the relay has made; its descriptor is certain. */
export class ConnectedSide extends UnixSide {
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    const { descriptor } = this;
    return descriptor === undefined ? 0 : this.descriptors.send(descriptor, bytes);
  }
}
