/**
 * sessionctl as a library: the registry's client and server, VS Code's channel protocol, and
 * the instance sockets of ADR-009.
 *
 * @example
 * ```ts
 * const registry = new RegistryClient();
 * const editorSocket = await registry.getConnectedSocketPath("/home/ann/api/main.ts");
 * ```
 *
 * @module
 */
export { type ErrorCode, SessionctlError } from "./errors.ts";
export type { SocketConn, SystemContext } from "./platform/mod.ts";
export {
  type Candidate,
  describeSession,
  type Focus,
  type Health,
  type ListedSession,
  type Ranked,
  type RankedSession,
  RegistryClient,
  type RegistryClientOptions,
  type RegistryServer,
  type ServeOptions,
  serveRegistry,
  type Session,
  type SessionEntry,
  type SessionSource,
  type WatchEvent,
  type WatchOptions,
} from "./registry/mod.ts";
export {
  type ByteStream,
  type Caller,
  callInstance,
  type CallInstanceOptions,
  type CallOptions,
  type Channel,
  type ChannelClient,
  ChannelError,
  ChannelHost,
  type ChannelHostOptions,
  type ChannelListener,
  type ChannelPeer,
  type ChannelServer,
  connectChannels,
  type ConnectionLimits,
  defineService,
  type Disposable,
  Emitter,
  type Event,
  type HubChannel,
  hubChannel,
  type HubConnection,
  type HubSession,
  type Instance,
  INSTANCE_SCHEMES,
  InstanceError,
  type InstanceEvent,
  instanceEvents,
  type InstanceFailure,
  type InstanceHandlers,
  type InstancePathOptions,
  type InstanceRequest,
  type InstanceScheme,
  type LineLimits,
  type PeerOptions,
  type RegistryChannel,
  registryChannel,
  type ResumableEvent,
  routedChannel,
  serveChannels,
  type ServeChannelsOptions,
  serveInstance,
  type ServeInstanceOptions,
  type ServerChannel,
  type Service,
  type ServiceDefinition,
  type SessionChange,
  type SessionChangeType,
  type SessionFilter,
  startChannels,
  toByteStream,
  VSBuffer,
  windowContext,
  workspaceSocketPath,
} from "./ipc/mod.ts";
export {
  acceptPrefaced,
  type AcceptPrefacedOptions,
  type PrefacedConnection,
} from "./relay/mod.ts";
