import { errnoOf, messageOf } from "../../errors.ts";
import { eventsLost, toErrorData } from "./channel_error.ts";
import type { Caller, ResumableEvent } from "../channel.ts";
import type { Connection } from "../wire/connection.ts";
import type { Disposable } from "../events.ts";
import { Response } from "../wire/wire.ts";

/** One call or subscription of a peer; a channel sees it as its {@link Caller}. */
abstract class ServedRequest implements Caller, Disposable {
  readonly context: string;
  #controller: AbortController | undefined;
  #disposed = false;

  constructor(context: string) {
    this.context = context;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Created on demand, because most channels never use it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#disposed) this.#controller.abort();
    return this.#controller.signal;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#controller?.abort();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A call in progress. */
export class ServedCall extends ServedRequest {
  readonly #answer: (type: number, value: unknown) => void;

  constructor(context: string, answer: (type: number, value: unknown) => void) {
    super(context);
    this.#answer = answer;
  }

  run(call: () => unknown): void {
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      return this.#fail(error);
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== "function") {
      return this.#succeed(result);
    }
    (result as PromiseLike<unknown>).then(
      (value) => this.#succeed(value),
      (error) => this.#fail(error),
    );
  }

  #succeed(value: unknown): void {
    if (!this.disposed) this.#answer(Response.Success, value);
  }

  #fail(error: unknown): void {
    if (this.disposed) return;
    if (error instanceof Error) this.#answer(Response.Error, toErrorData(error));
    else this.#answer(Response.ErrorObject, error);
  }
}

interface SubscriptionHost {
  readonly connection: Connection;
  fire(value: unknown): void;
  end(error: Error): void;
}

/** A subscription. It drops events for a peer that does not read, and replaces them later. */
export class Subscription extends ServedRequest {
  readonly #host: SubscriptionHost;
  #event: ResumableEvent<unknown> | undefined;
  #listening: Disposable | undefined;
  #lost = 0;
  #stopWaiting: (() => void) | undefined;

  constructor(context: string, host: SubscriptionHost) {
    super(context);
    this.#host = host;
  }

  run(listen: () => ResumableEvent<unknown>): void {
    try {
      this.#event = listen();
      const listening = this.#event((value) => this.#fire(value), (error) => this.#end(error));
      // The event may have ended, or the peer fallen behind, during the first call.
      if (this.disposed) listening.dispose();
      else this.#listening = listening;
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #fire(value: unknown): void {
    if (this.disposed) return;
    const { connection } = this.#host;
    if (this.#lost === 0 && !connection.behind) return this.#send(value);
    if (!this.#event?.afterLoss) return this.#end(eventsLost());
    if (this.#lost++ === 0) this.#stopWaiting = connection.onDrained(() => this.#resume());
  }

  #send(value: unknown): void {
    try {
      this.#host.fire(value);
    } catch (error) {
      this.#end(error as Error);
      // Only the code that fires the event can correct a value that cannot be sent.
      if (errnoOf(error) === "INVALID_ARGUMENT") throw error;
    }
  }

  async #resume(): Promise<void> {
    await this.#event!.untilRoom?.();
    if (this.disposed) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#send(this.#event!.afterLoss!(lost));
  }

  #end(error: Error): void {
    if (this.disposed) return;
    this.dispose();
    this.#host.end(error);
  }

  override dispose(): void {
    super.dispose();
    this.#stopWaiting?.();
    this.#listening?.dispose();
    this.#listening = undefined;
  }
}
