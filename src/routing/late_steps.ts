/** The steps that most calls never get to; they load together, when one of them is needed. */
export { DiscoveryStep } from "./discovery_step.ts";
export { findInstance } from "./instance_step.ts";
export { noteOthersSockets } from "./others_sockets.ts";
export { unregisteredHolder } from "./unregistered.ts";
export { namedTarget } from "./named_step.ts";
