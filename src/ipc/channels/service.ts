import { SessionctlError } from "../../errors.ts";
import type { Caller, Channel, ResumableEvent, ServerChannel } from "../channel.ts";
import type { Disposable, Event } from "../events.ts";

/**
 * The shape of a service: methods that return promises, and events. The name of an event is `on`
 * followed by a capital letter; it may be a function from one argument to an event.
 */
export type Service<S> = {
  [K in keyof S]: K extends `on${string}` // deno-lint-ignore no-explicit-any
    ? Event<any> | ((arg?: any) => Event<any>)
    // deno-lint-ignore no-explicit-any
    : (...args: any[]) => Promise<unknown>;
};

/** A service whose interface is declared once; both ends are derived from it. */
export interface ServiceDefinition<S> {
  /** The channel's name. */
  readonly name: string;
  /**
   * Creates the server end. With a function, each request uses the service created for its caller.
   */
  channel(service: S | ((caller: Caller) => S)): ServerChannel;
  /** Registers the server end. */
  serve(
    on: { registerChannel(name: string, channel: ServerChannel): Disposable },
    service: S | ((caller: Caller) => S),
  ): Disposable;
  /**
   * Creates the client end. An `AbortSignal` as the last argument cancels the call and is not sent.
   */
  client(at: { getChannel(name: string): Channel }): S;
}

/**
 * Defines a service with the conventions of VS Code's own proxies: the arguments of a call are an
 * array, and an event has its name. VS Code's `ProxyChannel` therefore fits either end.
 * Source: microsoft/vscode `ipc.ts`, `ProxyChannel`.
 *
 * @param options `eventsWithArgument`: events that take an argument for a subscription; events
 * named `onDynamic...` always do.
 * @example
 * ```ts
 * interface Greeter {
 *   greet(name: string): Promise<string>;
 *   onDidGreet: Event<string>;
 * }
 * const greeter = defineService<Greeter>("greeter");
 * greeter.serve(peer, { greet: async (name) => `Hello ${name}`, onDidGreet: emitter.event });
 * await greeter.client(otherPeer).greet("Ann");
 * ```
 */
export function defineService<S extends Service<S>>(
  name: string,
  options: { readonly eventsWithArgument?: readonly (keyof S & string)[] } = {},
): ServiceDefinition<S> {
  const withArgument = new Set<string>(options.eventsWithArgument);
  const takesArgument = (event: string) => withArgument.has(event) || /^onDynamic[A-Z]/.test(event);
  const channel = (service: S | ((caller: Caller) => S)): ServerChannel => {
    const serviceFor = typeof service === "function"
      ? service as (caller: Caller) => S
      : () => service;
    return {
      call(command, arg, caller) {
        const target = serviceFor(caller);
        const method = isEvent(command) ? undefined : memberOf(target, command);
        if (!method) throw notFound("Method", name, command);
        return method.apply(target, argumentsOf(arg));
      },
      listen(event, arg, caller) {
        const target = serviceFor(caller);
        const member = isEvent(event) ? memberOf(target, event) : undefined;
        if (!member) throw notFound("Event", name, event);
        if (!takesArgument(event)) return member as ResumableEvent<unknown>;
        return member.apply(target, argumentsOf(arg)) as ResumableEvent<unknown>;
      },
    };
  };
  return {
    name,
    channel,
    serve: (on, service) => on.registerChannel(name, channel(service)),
    client: (at) => makeClient<S>(at.getChannel(name), takesArgument),
  };
}

type Member = (...args: unknown[]) => unknown;

function isEvent(name: string): boolean {
  return /^on[A-Z]/.test(name);
}

/** Returns a method of the service or its class, but not one that every object has. */
function memberOf(service: object, name: string): Member | undefined {
  if (name in Object.prototype) return undefined;
  const member = (service as Record<string, unknown>)[name];
  return typeof member === "function" ? member as Member : undefined;
}

function argumentsOf(arg: unknown): unknown[] {
  if (Array.isArray(arg)) return arg;
  return arg === undefined ? [] : [arg];
}

function notFound(what: "Method" | "Event", channel: string, name: string): SessionctlError {
  return new SessionctlError("METHOD_NOT_FOUND", `${what} not found: ${channel}.${name}`);
}

function makeClient<S>(channel: Channel, takesArgument: (event: string) => boolean): S {
  return new Proxy({}, {
    get(_, key) {
      // Without this check, awaiting the client would call a method named "then".
      if (typeof key !== "string" || key === "then") return undefined;
      if (takesArgument(key)) return (arg?: unknown) => channel.listen(key, arg);
      if (isEvent(key)) return channel.listen(key);
      return (...args: unknown[]) => {
        const last = args.at(-1);
        if (!(last instanceof AbortSignal)) return channel.call(key, args);
        return channel.call(key, args.slice(0, -1), { signal: last });
      };
    },
  }) as S;
}
