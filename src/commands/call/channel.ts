import {
  type Channel,
  ChannelError,
  type ChannelPeer,
  connectChannels,
  registryChannel,
  routedChannel,
  VSBuffer,
} from "../../ipc/mod.ts";
import { errnoOf, SessionctlError } from "../../errors.ts";
import { printablePath } from "../../platform/mod.ts";
import { RegistryClient } from "../../registry/mod.ts";
import type { CallRequest } from "./request.ts";
import { selectSession } from "../shared/select_session.ts";

/** The target of a call: a session's window, a server at a socket, or the hub itself. */
export interface ChannelTarget {
  /** The registry's socket, if it was given. */
  readonly socket: string | undefined;
  /** Starts a registry if none runs, if the user wants this. */
  readonly start?: () => Promise<void>;
  readonly session: string | undefined;
  readonly to: string | undefined;
}

interface OpenChannel {
  readonly peer: ChannelPeer;
  readonly channel: Channel;
  /** The name of the channel's owner in errors. */
  readonly owner: string;
  /** Whether the hub forwards the call. */
  readonly viaHub: boolean;
}

/** @throws {SessionctlError} with a code for each kind of failure; see docs/ipc.md. */
export async function callChannel(target: ChannelTarget, request: CallRequest): Promise<unknown> {
  const deadline = startDeadline(request);
  const open = await openInTime(target, request, deadline);
  try {
    const { name, arg } = request;
    return printable(await deadline.race(open.channel.call(name, arg)));
  } catch (error) {
    throw explain(error, open, request);
  } finally {
    deadline.clear();
    open.peer.dispose();
  }
}

/** Prints events until the subscription ends, which is an error. */
export async function listenToChannel(
  target: ChannelTarget,
  request: CallRequest,
  print: (value: unknown) => void,
): Promise<void> {
  const deadline = startDeadline(request);
  const open = await openInTime(target, request, deadline);
  const ended = Promise.withResolvers<never>();
  try {
    open.channel.listen(request.name, request.arg)((value) => {
      deadline.clear();
      try {
        print(printable(value));
      } catch (error) {
        ended.reject(error);
      }
    }, ended.reject);
    await deadline.race(ended.promise);
  } catch (error) {
    throw explain(error, open, request);
  } finally {
    deadline.clear();
    open.peer.dispose();
  }
}

/**
 * Opens the channel. If that fails, clears the deadline and closes a channel that opens too late.
 */
async function openInTime(
  target: ChannelTarget,
  { channel }: CallRequest,
  deadline: ReturnType<typeof startDeadline>,
): Promise<OpenChannel> {
  const opening = openChannel(target, channel!);
  try {
    return await deadline.race(opening);
  } catch (error) {
    deadline.clear();
    opening.then(({ peer }) => peer.dispose(), () => {});
    throw error;
  }
}

function startDeadline({ name, timeoutMs }: CallRequest) {
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  const error = () =>
    new SessionctlError("TIMED_OUT", `no answer to ${name} within ${timeoutMs} ms`);
  const timer = timeoutMs === Infinity
    ? undefined
    : setTimeout(() => late.reject(error()), timeoutMs);
  return {
    race: <T>(promise: Promise<T>) => Promise.race([promise, late.promise]),
    clear: () => clearTimeout(timer),
  };
}

async function openChannel(target: ChannelTarget, name: string): Promise<OpenChannel> {
  if (target.to !== undefined) {
    const peer = await connectChannels(target.to, "call");
    const owner = printablePath(target.to);
    return { peer, channel: peer.getChannel(name), owner, viaHub: false };
  }
  const registry = new RegistryClient({ socket: target.socket, start: target.start });
  const peer = await registry.connectHub("call");
  if (target.session === undefined) {
    return { peer, channel: peer.getChannel(name), owner: "the hub", viaHub: true };
  }
  try {
    const sessions = await registryChannel.client(peer).list();
    const session = selectSession(sessions, target.session).socketPath;
    const channel = peer.getChannel(routedChannel(name, session));
    return { peer, channel, owner: `the window of ${printablePath(session)}`, viaHub: true };
  } catch (error) {
    peer.dispose();
    throw error;
  }
}

/** Converts an error to one that names the channel, its owner and the method. */
function explain(
  error: unknown,
  { owner, viaHub }: OpenChannel,
  { channel, name }: CallRequest,
): unknown {
  const fail = (
    code: ConstructorParameters<typeof SessionctlError>[0],
    text: string,
    hint?: string,
  ) => new SessionctlError(code, text, { hint, cause: error });
  const code = errnoOf(error);
  if (code === "CONNECTION_CLOSED") {
    return viaHub
      ? fail("REGISTRY_UNREACHABLE", `the registry ended before ${name} was answered`)
      : fail("PEER_GONE", `${owner} ended before ${name} was answered`);
  }
  if (!(error instanceof ChannelError)) return error;
  const message = error.message;
  if (code === "WINDOW_NOT_CONNECTED") {
    return fail(
      code,
      `${owner} is not connected to the hub`,
      "the window may not run a client of the hub",
    );
  }
  if (code === "PEER_GONE") return fail(code, `${owner} ended before it answered ${name}`);
  if (code === "EVENTS_LOST") return fail(code, message);
  if (code === "CHANNEL_NOT_FOUND" || error.name === "Unknown channel") {
    return fail("CHANNEL_NOT_FOUND", `${owner} has no channel ${JSON.stringify(channel)}`);
  }
  // The wording of VS Code's own proxies.
  if (code === "METHOD_NOT_FOUND" || /^(Method|Event) not found/.test(message)) {
    return fail(
      "METHOD_NOT_FOUND",
      `the channel ${channel} of ${owner} has no ${JSON.stringify(name)}`,
    );
  }
  return fail("REMOTE_ERROR", `${name} failed: ${message}`);
}

/** Converts bytes to an object that JSON can represent. */
function printable(value: unknown): unknown {
  if (value instanceof VSBuffer) return printable(value.buffer);
  if (value instanceof Uint8Array) return { base64: value.toBase64() };
  return Array.isArray(value) ? value.map(printable) : value;
}
