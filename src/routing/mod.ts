/** Routing for `open` and related commands: from a path to a destination, usually a live window. */
export {
  addressOf,
  type DesktopDestination,
  type Destination,
  type EditorDestination,
  type InstanceDestination,
  type LinkDestination,
  type RoutingStep,
  type WindowDestination,
} from "./destination.ts";
export { routeOptionsFor } from "./current_folder.ts";
export { Router } from "./router.ts";
export type { RouteOptions, RouterOptions } from "./types.ts";
