import {
  type ChannelPeer,
  Emitter,
  type ServerChannel,
  startChannels,
  windowContext,
} from "../../../src/ipc/mod.ts";
import { SessionctlError } from "../../../src/errors.ts";
import { openStream } from "../node/stream.ts";
import { type EditorWindow, EVENT_NAMES } from "../window/mod.ts";

const CONNECT_MS = 3000;
/** Enough for the few clients of a user's window, and little for a client that misbehaves. */
const LIMITS = { maxMessageBytes: 16 * 1024 * 1024, maxRequests: 1000 };

/** Connects to the hub as this window, and serves the channel `window` there. */
export async function connectHub(socketPath: string, window: EditorWindow): Promise<ChannelPeer> {
  const stream = await openStream(socketPath, CONNECT_MS);
  const context = windowContext(window.socketPath, `window:${window.identity.windowId}`);
  const peer = startChannels(stream, context, { limits: LIMITS });
  const { channel, dispose } = windowChannel(window);
  peer.registerChannel("window", channel);
  peer.ended.then(dispose);
  return peer;
}

/**
 * The window's methods and events as a channel; arguments come as an array, or as a single value.
 */
function windowChannel(
  window: EditorWindow,
): { readonly channel: ServerChannel; dispose(): void } {
  const emitters = new Map(EVENT_NAMES.map((name): [string, Emitter<unknown>] => [
    name,
    new Emitter<unknown>(),
  ]));
  const subscription = window.events.onDidFire(({ name, data }) => emitters.get(name)!.fire(data));
  const channel: ServerChannel = {
    call: (method, arg) => window.call(method, Array.isArray(arg) ? arg[0] : arg),
    listen(event) {
      const emitter = emitters.get(event);
      if (emitter) return emitter.event;
      throw new SessionctlError("METHOD_NOT_FOUND", `Event not found: window.${event}`);
    },
  };
  return { channel, dispose: () => subscription.dispose() };
}
