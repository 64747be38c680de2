import type { BoundSocket } from "../../platform/mod.ts";
import type { WaitingBudget, WaitingShare } from "./waiting_budget.ts";
import type { HeaderFields } from "../message.ts";

export interface HttpRequest {
  readonly method: string;
  /** The path without the query, still percent-encoded. */
  readonly path: string;
  /** The query without its question mark; empty if there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
  /** The connection's share of the budget, if the server has one. */
  readonly waiting?: WaitingShare;
}

/** A handler's answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A whole body, or one that is sent as it is produced. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** Takes over the connection, and sends the answer itself, including the `101`. */
  readonly upgrade?: (connection: UpgradedConnection) => void;
}

/** A connection that left HTTP. */
export interface UpgradedConnection {
  /** Bytes that the peer sent directly after its request. */
  readonly head: Uint8Array;
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<void>;
  /** The connection's share of the budget, if the server has one. */
  readonly waiting?: WaitingShare;
  /** Ends it immediately and frees its descriptor, even if a read or write is blocked. */
  close(): void;
}

export interface HttpLimits {
  /** Maximum length of a request head, in bytes. */
  readonly headBytes: number;
  /** Maximum length of a request body, in bytes. */
  readonly bodyBytes: number;
  /** Time limit from the first byte of a request to its last, in milliseconds. */
  readonly requestMs: number;
  /** Time limit without a request in progress, in milliseconds. */
  readonly idleMs: number;
  /** Time limit for the peer to accept an answer, or the next part of a stream, in milliseconds. */
  readonly writeMs: number;
  /**
   * Maximum number of connections; beyond it, the longest idle one is closed, or accepting pauses.
   */
  readonly connections: number;
}

export interface HttpServerOptions {
  readonly socket: BoundSocket;
  readonly limits: HttpLimits;
  /** One budget for the waiting data of all connections; unbounded by default. */
  readonly budget?: WaitingBudget;
  handler(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /** Called with an error in a handler, or about a full descriptor table. */
  onError(error: unknown): void;
}

/** Finds the descriptor of the connection accepted last; see `AcceptedDescriptors`. */
export interface DescriptorFinder {
  /** Called when the listener was replaced by one bound to this path. */
  listenAt(boundPath: string): void;
  claim(): number | undefined;
  release(descriptor: number): void;
  shutdown(descriptor: number): void;
}
