import { SessionctlError } from "../../errors.ts";
import type { ServerChannel } from "../channel.ts";
import { eventsLost, toErrorData } from "./channel_error.ts";
import type { Connection } from "../wire/connection.ts";
import { type Disposable, disposable } from "../events.ts";
import { ServedCall, Subscription } from "./served_request.ts";
import { protocolError, Request, Response } from "../wire/wire.ts";
import type { MessageHeader, WireReader } from "../wire/wire_reader.ts";

/** Answers a forwarded request. */
export interface Replier {
  /** @returns whether that was the last answer. */
  raw(type: number, body: Uint8Array): boolean;
  error(error: Error): void;
}

/** Forwards a request to a channel that lives elsewhere; returns undefined if it does not. */
export type Forwarder = (
  request: MessageHeader,
  arg: Uint8Array,
  reply: Replier,
) => Disposable | undefined;

export interface ChannelServerOptions {
  readonly context: string;
  readonly forward?: Forwarder;
  /** Whether the peer understands an error as the answer to a `listen`. */
  readonly peerSpeaksOurs: () => boolean;
}

/** How long a request waits for its channel to be registered. Source: VS Code's `ipc.ts`. */
const CHANNEL_TIMEOUT_MS = 1000;

interface PendingRequest {
  readonly header: MessageHeader;
  readonly arg: unknown;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * The server end of VS Code's channel protocol. A request for an unknown channel waits one second
 * for the channel to be registered.
 * Source: microsoft/vscode `ipc.ts`, `ChannelServer`.
 */
export class ChannelServer {
  readonly #connection: Connection;
  readonly #options: ChannelServerOptions;
  readonly #channels = new Map<string, ServerChannel>();
  readonly #active = new Map<number, Disposable>();
  readonly #pending = new Map<number, PendingRequest>();

  /** The code that reads the connection must pass requests to {@link handle}. */
  constructor(connection: Connection, options: ChannelServerOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.ended.then(() => this.#end());
  }

  /** Number of open calls and subscriptions of the peer. */
  get openRequests(): number {
    return this.#active.size;
  }

  /** Registers a channel under a name and replaces an earlier one. Disposing unregisters it. */
  registerChannel(name: string, channel: ServerChannel): Disposable {
    this.#channels.set(name, channel);
    for (const [id, { header, arg, timer }] of this.#pending) {
      if (header.channel !== name) continue;
      clearTimeout(timer);
      this.#pending.delete(id);
      this.#start(header, arg, channel);
    }
    return disposable(() => {
      if (this.#channels.get(name) === channel) this.#channels.delete(name);
    });
  }

  /**
   * Processes a request of the other end.
   *
   * @throws {SessionctlError} `INVALID_MESSAGE`.
   * @ignore
   */
  handle(header: MessageHeader, body: WireReader): void {
    const { type, id } = header;
    if (type === Request.Cancel || type === Request.Dispose) return this.#cancel(id);
    if (type !== Request.Call && type !== Request.Listen) {
      throw protocolError(`a message of type ${type}`);
    }
    if (this.#active.has(id)) throw protocolError("two requests with one number");
    const raw = body.rest;
    // The argument is parsed even if it is only forwarded, so that invalid data is not passed on.
    const arg = body.value();
    const { maxRequests } = this.#connection.limits;
    if (this.#active.size >= maxRequests) return this.#refuse(header, tooMany(maxRequests));
    if (this.#options.forward && this.#forward(header, raw)) return;
    const channel = this.#channels.get(header.channel);
    if (channel) this.#start(header, arg, channel);
    else this.#awaitChannel(header, arg);
  }

  #cancel(id: number): void {
    const request = this.#active.get(id);
    this.#active.delete(id);
    request?.dispose();
  }

  #forward(header: MessageHeader, arg: Uint8Array): boolean {
    let over = false;
    const finish = () => {
      over = true;
      this.#active.delete(header.id);
    };
    const forwarded = this.#options.forward!(header, arg, {
      raw: (type, body) => {
        if (type === Response.Event && this.#connection.behind) {
          finish();
          this.#refuse(header, eventsLost());
          return true;
        }
        if (type !== Response.Event) finish();
        this.#answerRaw(header, type, body);
        return type !== Response.Event;
      },
      error: (error) => {
        finish();
        this.#refuse(header, error);
      },
    });
    if (forwarded && !over) this.#active.set(header.id, forwarded);
    return forwarded !== undefined;
  }

  #answerRaw(header: MessageHeader, type: number, body: Uint8Array): void {
    const isListen = header.type === Request.Listen;
    // VS Code's client would take any other answer to a `listen` for an event.
    if (isListen && type !== Response.Event && !this.#options.peerSpeaksOurs()) return;
    try {
      this.#connection.send((writer) => {
        writer.header(type, header.id);
        writer.raw(body);
      }, type === Response.Event);
    } catch (error) {
      this.#refuse(header, error as Error);
    }
  }

  #awaitChannel(header: MessageHeader, arg: unknown): void {
    const { id, channel } = header;
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      this.#active.delete(id);
      this.#refuse(header, unknownChannel(channel, CHANNEL_TIMEOUT_MS));
    }, CHANNEL_TIMEOUT_MS);
    this.#pending.set(id, { header, arg, timer });
    const cancel = () => {
      clearTimeout(timer);
      this.#pending.delete(id);
    };
    this.#active.set(id, disposable(cancel));
  }

  #start(header: MessageHeader, arg: unknown, channel: ServerChannel): void {
    const { id, name } = header;
    const { context } = this.#options;
    if (header.type === Request.Call) {
      const call = new ServedCall(context, (type, value) => this.#answer(id, type, value));
      this.#active.set(id, call);
      call.run(() => channel.call(name, arg, call));
      return;
    }
    const subscription = new Subscription(context, {
      connection: this.#connection,
      fire: (value) => this.#send(id, Response.Event, value),
      end: (error) => {
        this.#active.delete(id);
        this.#refuse(header, error);
      },
    });
    this.#active.set(id, subscription);
    subscription.run(() => channel.listen(name, arg, subscription));
  }

  /** Answers a call that was not cancelled. */
  #answer(id: number, type: number, value: unknown): void {
    this.#active.delete(id);
    try {
      this.#send(id, type, value);
    } catch (error) {
      // The result cannot be sent: the caller receives the error instead.
      this.#send(id, Response.Error, toErrorData(error as Error));
    }
  }

  #send(id: number, type: number, value: unknown): void {
    this.#connection.send((writer) => {
      writer.header(type, id);
      writer.value(value, "the value");
    }, type === Response.Event);
  }

  /**
   * Answers a request with an error. VS Code's own client does not understand one for a `listen`.
   */
  #refuse(header: MessageHeader, error: Error): void {
    if (header.type === Request.Call || this.#options.peerSpeaksOurs()) {
      this.#send(header.id, Response.Error, toErrorData(error));
    } else if ((error as { code?: unknown }).code === "EVENTS_LOST") {
      this.#connection.close(error as SessionctlError);
    }
  }

  #end(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    const active = [...this.#active.values()];
    this.#active.clear();
    for (const request of active) request.dispose();
  }
}

function tooMany(limit: number): SessionctlError {
  return new SessionctlError("INVALID_MESSAGE", `more than ${limit} requests at once`);
}

/** The error for an unknown channel, with VS Code's name and wording. */
function unknownChannel(channel: string, ms: number): Error {
  const error = new SessionctlError(
    "CHANNEL_NOT_FOUND",
    `Channel name '${channel}' timed out after ${ms}ms`,
  );
  return Object.defineProperty(error, "name", { value: "Unknown channel" });
}
