import type { BoundSocket } from "../../platform/mod.ts";
import type { WaitingBudget, WaitingShare } from "./waiting_budget.ts";
import type { HeaderFields } from "../message.ts";

export interface HttpRequest {
  readonly method: string;
  /** The path without the query, percent-encoding kept. */
  readonly path: string;
  /** The query without its question mark; empty if there is none. */
  readonly query: string;
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
  /** Counts what waits for this connection, where the server has a budget. */
  readonly waiting?: WaitingShare;
}

/** What a handler answers with. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A whole body, or one that is sent as it comes. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** Takes the connection over: it sends the answer itself, the `101` included. */
  readonly upgrade?: (connection: UpgradedConnection) => void;
}

/** A connection that left HTTP. */
export interface UpgradedConnection {
  /** Bytes the peer sent right behind its request. */
  readonly head: Uint8Array;
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<void>;
  /** Counts what waits for this connection, where the server has a budget. */
  readonly waiting?: WaitingShare;
  /** Ends it at once and frees its descriptor, whatever is blocked. */
  close(): void;
}

export interface HttpLimits {
  /** Longest request head, in bytes. */
  readonly headBytes: number;
  /** Longest request body, in bytes. */
  readonly bodyBytes: number;
  /** From the first byte of a request to its last, in milliseconds. */
  readonly requestMs: number;
  /** Without a request under way, in milliseconds. */
  readonly idleMs: number;
  /** For the peer to take an answer, or the next part of a stream, in milliseconds. */
  readonly writeMs: number;
  /** Connections at once; at the limit the longest idle one goes, else accepting pauses. */
  readonly connections: number;
}

export interface HttpServerOptions {
  readonly socket: BoundSocket;
  readonly limits: HttpLimits;
  /** One for everything that waits for any of the connections; unbounded unless given. */
  readonly budget?: WaitingBudget;
  handler(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /** Told of an error in a handler or of a full descriptor table. */
  onError(error: unknown): void;
}

/** Tells the descriptor of a connection that was just accepted; see `AcceptedDescriptors`. */
export interface DescriptorFinder {
  /** The listener was replaced by one bound to this path. */
  listenAt(boundPath: string): void;
  claim(): number | undefined;
  release(descriptor: number): void;
  shutdown(descriptor: number): void;
}
