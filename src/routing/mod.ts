/** Where `open` and its kin send a file: from a path to a live window. */
export {
  deliver,
  type Delivery,
  type Plan,
  planDeliveries,
  type PlanOptions,
  type Undeliverable,
  wasNotSent,
} from "./delivery.ts";
export { routeOptionsFor } from "./git.ts";
export { Router } from "./router.ts";
export type { RouteOptions, RouterOptions, RoutingStep, Target } from "./types.ts";
