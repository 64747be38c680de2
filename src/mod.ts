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
