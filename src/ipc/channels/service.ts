import { SessionctlError } from "../../errors.ts";
import type { Caller, Channel, ResumableEvent, ServerChannel } from "../channel.ts";
import type { Disposable, Event } from "../events.ts";

/**
 * What a service may look like: methods that promise, and events, which are named `on`
 * and a capital letter, or functions from one argument to an event.
 */
export type Service<S> = {
  [K in keyof S]: K extends `on${string}` // deno-lint-ignore no-explicit-any
    ? Event<any> | ((arg?: any) => Event<any>)
    // deno-lint-ignore no-explicit-any
    : (...args: any[]) => Promise<unknown>;
};

/** A service whose interface is written once: both ends come from it. */
export interface ServiceDefinition<S> {
  /** The channel's name. */
  readonly name: string;
  /** The serving end; with a function, each request gets the service made for its caller. */
  channel(service: S | ((caller: Caller) => S)): ServerChannel;
  /** Registers the serving end. */
  serve(
    on: { registerChannel(name: string, channel: ServerChannel): Disposable },
    service: S | ((caller: Caller) => S),
  ): Disposable;
  /** The calling end. An `AbortSignal` as the last argument of a call cancels it and is not sent. */
  client(at: { getChannel(name: string): Channel }): S;
}

/**
 * Defines a service, in the way VS Code's own proxies speak: a call's arguments as an
 * array, an event under its name. So VS Code's `ProxyChannel` fits on either end.
 * Source: microsoft/vscode `ipc.ts`, `ProxyChannel`.
 *
 * @param options `eventsWithArgument`: events that take an argument when they are listened
 * to; those called `onDynamic...` do in any case.
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

/** A method of the service, of its own or its class's; never one every object has. */
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
      // Without this, awaiting the client would call its method "then".
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
