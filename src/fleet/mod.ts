/** The fleet: the directory of a person's hosts and windows, kept by etcd. */
export type { EngineFiles } from "./engine/mod.ts";
export { askFleet, checkFleet } from "./ask.ts";
export { isFleetName } from "./keys.ts";
export type { FleetChange } from "./watch.ts";
export type { FleetStatus, ListedHost } from "./status.ts";
export type { FleetWindow } from "./values.ts";

/** Follows the hosts and windows of the fleet; see `watch.ts`. */
export async function followFleet(
  ...parameters: Parameters<typeof import("./watch.ts").watchFleet>
): Promise<AsyncGenerator<FleetChange, void>> {
  const { watchFleet } = await import("./watch.ts");
  return watchFleet(...parameters);
}

import type { ServerExtras } from "../registry/mod.ts";
import type { FleetOptions } from "./serve.ts";
import type { FleetChange } from "./watch.ts";

/** Takes part in a fleet; see `serve.ts`. It loads the HTTP server, so it is for `serve` only. */
export async function serveFleet(options: FleetOptions): Promise<ServerExtras> {
  const { serveFleet } = await import("./serve.ts");
  return await serveFleet(options);
}
