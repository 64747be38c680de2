/**
 * A channel, from both ends: two methods each, whatever transport lies between.
 * Source: microsoft/vscode `src/vs/base/parts/ipc/common/ipc.ts`, `IChannel`, `IServerChannel`.
 */
import type { Event } from "./events.ts";

/** Options of a call. */
export interface CallOptions {
  /** Cancels the call, at the other end too. */
  readonly signal?: AbortSignal;
}

/** A channel as its client sees it: two methods, whatever lies between. */
export interface Channel {
  /**
   * Calls a command, and resolves with what it answers.
   *
   * @throws {ChannelError} what the other end threw.
   * @throws {SessionctlError} `CANCELLED` or `TIMED_OUT` (the signal), `CONNECTION_CLOSED`,
   * `INVALID_ARGUMENT` when `arg` cannot be serialized, `MESSAGE_TOO_LARGE`.
   */
  call<T = unknown>(command: string, arg?: unknown, options?: CallOptions): Promise<T>;
  /** An event of the channel; each listener is a subscription of its own at the other end. */
  listen<T = unknown>(event: string, arg?: unknown): Event<T>;
}

/** Who asks, as a channel sees it. */
export interface Caller {
  /** The context string its connection began with. */
  readonly context: string;
  /** Aborted when the caller cancels, or is gone. */
  readonly signal: AbortSignal;
}

/** An event whose subscribers may fall behind. */
export interface ResumableEvent<T> extends Event<T> {
  /**
   * What a subscriber gets in place of the events that were dropped because it did not
   * read; without this, its subscription ends.
   *
   * @param lost How many were dropped.
   */
  readonly afterLoss?: (lost: number) => T;
  /** Awaited before {@link afterLoss} is asked: that may make much to send. */
  readonly untilRoom?: () => Promise<void> | undefined;
}

/** A channel as it is served: two methods. */
export interface ServerChannel {
  /** Answers a call, now or later; what it throws reaches the caller. */
  call(command: string, arg: unknown, caller: Caller): unknown;
  /** The event of that name; what is thrown ends the subscription. */
  // deno-lint-ignore no-explicit-any
  listen(event: string, arg: unknown, caller: Caller): ResumableEvent<any>;
}
