/**
 * Talking to editor windows and to the registry: VS Code's channel protocol, the
 * hub, and instance sockets. Cheap to import; what is heavy loads when it is used.
 */
export {
  callInstance,
  type CallInstanceOptions,
  InstanceError,
  type InstanceFailure,
} from "./instance_client.ts";
