/**
 * sessionctl as a library.
 *
 * @module
 */
export {
  type ErrorCode,
  type InstancePathOptions,
  type InstanceScheme,
  SessionctlError,
  workspaceSocketPath,
} from "./platform/mod.ts";
export {
  type Candidate,
  describeSession,
  type Health,
  type ListedSession,
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
} from "./registry/mod.ts";
export {
  type Caller,
  callInstance,
  type CallInstanceOptions,
  type Channel,
  ChannelClient,
  ChannelError,
  ChannelPeer,
  ChannelServer,
  connectChannels,
  defineService,
  Emitter,
  type Event,
  hubChannel,
  type Instance,
  InstanceError,
  type InstanceEvent,
  instanceEvents,
  type InstanceHandlers,
  registryChannel,
  routedChannel,
  serveInstance,
  type ServeInstanceOptions,
  type ServerChannel,
  type SessionChange,
  type SessionFilter,
  VSBuffer,
  windowContext,
} from "./ipc/mod.ts";
export {
  acceptPrefaced,
  type AcceptPrefacedOptions,
  type PrefacedConnection,
} from "./relay/mod.ts";
