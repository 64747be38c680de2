import { SessionctlError } from "../../errors.ts";
import type { CallOptions, Channel } from "../channel.ts";
import { fromErrorData, fromThrownValue } from "./channel_error.ts";
import type { Connection } from "../wire/connection.ts";
import { disposable, type Event } from "../events.ts";
import { DIALECT, Request, Response } from "../wire/wire.ts";
import type { MessageHeader, WireReader } from "../wire/wire_reader.ts";

/** Receives the answers to one request. */
export interface ResponseHandler {
  /** @returns whether this was the last answer. */
  onResponse(type: number, body: WireReader): boolean;
  onEnd(reason: SessionctlError): void;
}

/**
 * The client end of VS Code's channel protocol: calls and subscriptions on one connection, each
 * with a number of its own. They wait until the other end has greeted.
 * Source: microsoft/vscode `ipc.ts`, `ChannelClient`.
 */
export class ChannelClient {
  readonly #connection: Connection;
  readonly #handlers = new Map<number, ResponseHandler>();
  #lastId = 0;
  /** Requests to send once the other end has greeted; undefined after that. */
  #waiting: Map<number, () => void> | undefined = new Map();
  #peerSpeaksOurs = false;
  readonly #ready = Promise.withResolvers<void>();

  /** The code that reads the connection must pass answers to {@link handle}. */
  constructor(connection: Connection) {
    this.#connection = connection;
    connection.ended.then((reason) => this.#end(reason));
  }

  /** Number of open calls and subscriptions. */
  get openRequests(): number {
    return this.#handlers.size;
  }

  /** Resolves when the other end has greeted; from then on it accepts requests. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether the peer is known to answer a failed `listen`. */
  get peerSpeaksOurs(): boolean {
    return this.#peerSpeaksOurs;
  }

  /** Returns a channel of the other end. This sends nothing; only calls and subscriptions do. */
  getChannel(name: string): Channel {
    return {
      call: <T>(command: string, arg?: unknown, options?: CallOptions) =>
        this.#call<T>(name, command, arg, options?.signal),
      listen: <T>(event: string, arg?: unknown) => this.#listen<T>(name, event, arg),
    };
  }

  #call<T>(channel: string, command: string, arg: unknown, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortReason(signal, command));
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        this.cancel(id, Request.Cancel);
        reject(abortReason(signal!, command));
      };
      const settle = () => signal?.removeEventListener("abort", onAbort);
      const id = this.open({
        onResponse(type, body) {
          settle();
          const value = body.value();
          if (type === Response.Success) resolve(value as T);
          else reject(type === Response.Error ? fromErrorData(value) : fromThrownValue(value));
          return true;
        },
        onEnd(reason) {
          settle();
          reject(reason);
        },
      });
      signal?.addEventListener("abort", onAbort);
      this.#whenReady(id, () => {
        try {
          this.#connection.send((writer) => {
            writer.header(Request.Call, id, channel, command);
            writer.value(arg, "the argument");
          });
        } catch (error) {
          settle();
          this.#handlers.delete(id);
          reject(error);
        }
      });
    });
  }

  #listen<T>(channel: string, event: string, arg: unknown): Event<T> {
    return (listener, onEnd) => {
      const id = this.open({
        onResponse(type, body) {
          const value = body.value();
          if (type !== Response.Event) {
            onEnd?.(fromErrorData(value));
            return true;
          }
          try {
            listener(value as T);
          } catch (error) {
            // An error of the listener must not end the connection, and must not be swallowed.
            reportError(error);
          }
          return false;
        },
        onEnd: (reason) => onEnd?.(reason),
      });
      let immediate = true;
      this.#whenReady(id, () => {
        try {
          this.#connection.send((writer) => {
            writer.header(Request.Listen, id, channel, event);
            writer.value(arg, "the argument");
          });
        } catch (error) {
          this.#handlers.delete(id);
          if (onEnd) onEnd(error as Error);
          else if (immediate) throw error;
          else reportError(error);
        }
      });
      immediate = false;
      return disposable(() => this.cancel(id, Request.Dispose));
    };
  }

  #whenReady(id: number, send: () => void): void {
    if (this.#waiting) this.#waiting.set(id, send);
    else send();
  }

  /**
   * Registers the handler of the answers to a request that is about to be sent. @returns its
   * number.
   *
   * @ignore
   */
  open(handler: ResponseHandler): number {
    const { endReason } = this.#connection;
    const id = this.#lastId;
    this.#lastId = (id + 1) & 0x7fffffff;
    if (endReason) queueMicrotask(() => handler.onEnd(endReason));
    else this.#handlers.set(id, handler);
    return id;
  }

  /** Cancels a request and notifies the other end; has no effect if the request is over. */
  cancel(id: number, type: number): void {
    if (!this.#handlers.delete(id) || this.#waiting?.delete(id)) return;
    this.#connection.send((writer) => {
      writer.header(type, id);
      writer.value(undefined);
    });
  }

  /**
   * Sends a request whose argument is already serialized.
   *
   * @returns the request's number, for {@link cancel}.
   *
   * @ignore
   */
  forward(request: MessageHeader, arg: Uint8Array, handler: ResponseHandler): number {
    const id = this.open(handler);
    const bytes = this.#waiting ? arg.slice() : arg;
    this.#whenReady(id, () => {
      try {
        this.#connection.send((writer) => {
          writer.header(request.type, id, request.channel, request.name);
          writer.raw(bytes);
        });
      } catch (error) {
        this.#handlers.delete(id);
        handler.onEnd(error as SessionctlError);
      }
    });
    return id;
  }

  /**
   * Processes an answer of the other end.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`.
   * @ignore
   */
  handle(header: MessageHeader, body: WireReader): void {
    if (header.type === Response.Initialize) {
      this.#peerSpeaksOurs = body.value() === DIALECT;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      for (const send of waiting?.values() ?? []) send();
      this.#ready.resolve();
      return;
    }
    const handler = this.#handlers.get(header.id);
    // A cancelled call may already have been answered.
    if (handler?.onResponse(header.type, body)) this.#handlers.delete(header.id);
  }

  #end(reason: SessionctlError): void {
    const handlers = [...this.#handlers.values()];
    this.#handlers.clear();
    this.#waiting?.clear();
    for (const handler of handlers) handler.onEnd(reason);
  }
}

function abortReason(signal: AbortSignal, command: string): SessionctlError {
  const late = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
  return late
    ? new SessionctlError("TIMED_OUT", `no answer to ${command} in time`)
    : new SessionctlError("CANCELLED", `${command} was cancelled`);
}
