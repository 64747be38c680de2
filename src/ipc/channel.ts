/**
 * A channel, seen from both ends. Each interface has two methods, independent of the transport.
 * Source: microsoft/vscode `src/vs/base/parts/ipc/common/ipc.ts`, `IChannel`, `IServerChannel`.
 */
import type { Event } from "./events.ts";

/** Options of a call. */
export interface CallOptions {
  /** Cancels the call, also at the other end. */
  readonly signal?: AbortSignal;
}

/** A channel as its client sees it: two methods, independent of the transport. */
export interface Channel {
  /**
   * Calls a command and resolves with its result.
   *
   * @throws {ChannelError} with the error that the other end threw.
   * @throws {SessionctlError} `CANCELLED` or `TIMED_OUT` (from the signal), `CONNECTION_CLOSED`,
   * `INVALID_ARGUMENT` if `arg` cannot be serialized, `MESSAGE_TOO_LARGE`.
   */
  call<T = unknown>(command: string, arg?: unknown, options?: CallOptions): Promise<T>;
  /**
   * Returns an event of the channel. Each listener is a subscription of its own at the other end.
   */
  listen<T = unknown>(event: string, arg?: unknown): Event<T>;
}

/** The client that sent a request, as a channel sees it. */
export interface Caller {
  /** The context string that its connection began with. */
  readonly context: string;
  /** Aborted when the caller cancels or disconnects. */
  readonly signal: AbortSignal;
}

/** An event whose subscribers may fall behind. */
export interface ResumableEvent<T> extends Event<T> {
  /**
   * Returns the event that replaces those dropped because the subscriber did not read. Without this
   * function, the subscription ends instead.
   *
   * @param lost Number of dropped events.
   */
  readonly afterLoss?: (lost: number) => T;
  /** Awaited before {@link afterLoss} is called, because its result may be large. */
  readonly untilRoom?: () => Promise<void> | undefined;
}

/** A channel as its server implements it: two methods. */
export interface ServerChannel {
  /** Answers a call, now or later. The caller receives any error that it throws. */
  call(command: string, arg: unknown, caller: Caller): unknown;
  /** Returns the event with that name. Throwing an error ends the subscription. */
  // deno-lint-ignore no-explicit-any
  listen(event: string, arg: unknown, caller: Caller): ResumableEvent<any>;
}
