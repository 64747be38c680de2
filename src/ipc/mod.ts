/**
 * Communication with editor windows and the registry: VS Code's channel protocol, the hub, and
 * instance sockets. Code that only a server needs loads when the server starts.
 */
export { type ByteStream, toByteStream } from "./streams/byte_stream.ts";
export type { Caller, CallOptions, Channel, ResumableEvent, ServerChannel } from "./channel.ts";
export type { ChannelClient } from "./channels/channel_client.ts";
export { ChannelError } from "./channels/channel_error.ts";
export { ChannelHost, type ChannelHostOptions } from "./channels/channel_host.ts";
export type { ChannelServer } from "./channels/channel_server.ts";
export { Connection, type ConnectionLimits } from "./wire/connection.ts";
export { type Disposable, disposable, Emitter, type Event } from "./events.ts";
export type { Hub, HubOptions, RunningHub } from "./hub/hub.ts";
export { type HubChannel, hubChannel, type HubConnection } from "./hub/hub_channel.ts";
export {
  callInstance,
  type CallInstanceOptions,
  InstanceError,
  type InstanceFailure,
} from "./instance/client.ts";
export {
  DEFAULT_INSTANCE_APP,
  formerVscodeMcpPaths,
  INSTANCE_SCHEMES,
  instanceDirectory,
  type InstancePathOptions,
  type InstanceScheme,
  workspaceSocketPath,
} from "./instance/path.ts";
export { type InstanceEvent, instanceEvents } from "./instance/events.ts";
export { type InstanceHandlers, InstanceHost, type InstanceRequest } from "./instance/host.ts";
export { encodeJsonLine, JsonLineSplitter } from "./instance/json_lines.ts";
export type { Instance, ServeInstanceOptions } from "./instance/server.ts";
export type { LineLimits } from "./instance/line_connection.ts";
export {
  acceptChannels,
  ChannelPeer,
  connectChannels,
  type PeerOptions,
  startChannels,
} from "./channels/peer.ts";
export {
  type HubSession,
  type RegistryChannel,
  registryChannel,
  type RegistryService,
  type SessionChange,
  type SessionChangeType,
  type SessionFilter,
} from "./hub/registry_channel.ts";
export { parseRoute, routedChannel, windowContext } from "./hub/route_name.ts";
export { defineService, type Service, type ServiceDefinition } from "./channels/service.ts";
export { sessionChanges } from "./hub/session_changes.ts";
export { webSocketStream } from "./streams/websocket_stream.ts";
export type { ChannelListener, ServeChannelsOptions } from "./channels/serve_channels.ts";
export { VSBuffer } from "./wire/wire.ts";

import type { RunningHub, ServeHubOptions } from "./hub/hub.ts";
import type { ChannelPeer } from "./channels/peer.ts";
import type { ChannelListener, ServeChannelsOptions } from "./channels/serve_channels.ts";
import type { AcceptorOptions, StreamAcceptor } from "./streams/stream_acceptor.ts";
import type { InstanceHandlers } from "./instance/host.ts";
import type { Instance, ServeInstanceOptions } from "./instance/server.ts";

/**
 * Listens on the instance socket of a workspace, as ADR-009 specifies. The path follows from the
 * workspace. The instance has the methods `health` (which names the workspace), `subscribe` (the
 * connection stays open and receives events as `{"event","data"}`), and the given ones.
 *
 * An existing socket is replaced only if nobody answers on it.
 *
 * @param workspace An existing folder. Its real path counts; with the scheme `vscode-mcp`, the path
 * under which the editor has it open.
 * @returns the instance, which listens until it is closed or disposed of.
 * @throws {SessionctlError} `NOT_FOUND` if the folder does not exist, `ADDRESS_IN_USE` if another
 * instance has it open, `STATE_UNAVAILABLE` without a home directory, `UNSAFE_DIRECTORY`,
 * `SOCKET_PATH_INVALID`, `ACCESS_DENIED`, `IO_ERROR`.
 * @example
 * ```ts
 * using instance = await serveInstance("/home/ann/api", {
 *   open: (params) => editor.open(params),
 * });
 * instance.push("saved", { file: "main.ts" });
 * ```
 */
export async function serveInstance(
  workspace: string,
  handlers: InstanceHandlers,
  options?: ServeInstanceOptions,
): Promise<Instance> {
  const { serveInstance } = await import("./instance/server.ts");
  return await serveInstance(workspace, handlers, options);
}

/**
 * Serves channels on a Unix socket to clients of VS Code's channel protocol, such as {@link
 * connectChannels}, `sessionctl call --to SOCKET CHANNEL METHOD`, and VS Code's own client.
 *
 * An existing socket is replaced only if nobody answers on it.
 *
 * @param socketPath A path in a private directory of this user (mode 0700), created if missing.
 * @param onPeer Called with each client after its context string has arrived, to register channels
 * for it; the peer's `ended` resolves when the client has disconnected.
 * @returns the listener, which listens until it is closed or disposed of.
 * @throws {SessionctlError} `ADDRESS_IN_USE` if another process listens there,
 * `SOCKET_PATH_INVALID`, `UNSAFE_DIRECTORY`, `FOREIGN_OWNER`, `NOT_A_SOCKET`, `ACCESS_DENIED`,
 * `IO_ERROR`.
 * @example
 * ```ts
 * using listener = await serveChannels("/run/user/1000/greeter/greeter.sock", (peer) => {
 *   greeter.serve(peer, { greet: (name) => Promise.resolve(`Hello ${name}`) });
 * });
 * ```
 */
export async function serveChannels(
  socketPath: string,
  onPeer: (peer: ChannelPeer, context: string) => void,
  options?: ServeChannelsOptions,
): Promise<ChannelListener> {
  const { serveChannels } = await import("./channels/serve_channels.ts");
  return await serveChannels(socketPath, onPeer, options);
}

/** Serves the hub on a Unix socket; see `serveHub` in `hub.ts`. */
export async function serveHub(options: ServeHubOptions): Promise<RunningHub> {
  const { serveHub } = await import("./hub/hub.ts");
  return await serveHub(options);
}

/** Accepts connections on a Unix socket of ours; see `StreamAcceptor` in `stream_acceptor.ts`. */
export async function acceptStreams(options: AcceptorOptions): Promise<StreamAcceptor> {
  const { StreamAcceptor } = await import("./streams/stream_acceptor.ts");
  return await StreamAcceptor.start(options);
}
