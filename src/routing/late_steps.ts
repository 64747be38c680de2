/** The steps that most calls do not reach; they load together when one of them is needed. */
export { DiscoveryStep } from "./discovery_step.ts";
export { windowOfHost } from "./host_step.ts";
export { findInstance } from "./instance_step.ts";
export { noTarget, noteOthersSockets } from "./no_target.ts";
export { unregisteredHolder } from "./unregistered.ts";
export { namedTarget } from "./named_step.ts";
