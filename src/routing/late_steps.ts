/** The steps that most calls never get to; they load together, when one of them is needed. */
export { othersEditorSockets } from "../discovery/mod.ts";
export { DiscoveryStep } from "./discovery_step.ts";
export { findInstance } from "./instance_step.ts";
export { namedTarget } from "./named_step.ts";
