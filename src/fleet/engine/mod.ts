/** A client of etcd's JSON gateway, with the functions that a fleet needs. */
export { type Endpoint, readAddress } from "./address.ts";
export type { EngineFiles } from "./credentials.ts";
export { Engine, type KeyValue, type Operation, type Range } from "./engine.ts";
export type { Change } from "./watch.ts";
