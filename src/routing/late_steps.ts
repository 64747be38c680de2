/** The steps that most calls do not reach; they load together when one of them is needed. */
export { DiscoveryStep, hasEditorSockets } from "./discovery_step.ts";
export { windowOfHost } from "./host_step.ts";
export { findInstance } from "./instance_step.ts";
export { noTarget, noteOthersSockets } from "./no_target.ts";
export { namedTarget } from "./named_step.ts";
