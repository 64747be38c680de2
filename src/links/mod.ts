/** Deliveries between machines: what one machine may ask another to open, over ssh. */
export {
  authorityOf,
  hostOfAuthority,
  isAuthority,
  isSameMachine,
  readSshName,
  remoteFileUri,
  remotePlaceOf,
} from "./authority.ts";
export {
  type Delivery,
  type DeliveryItem,
  MAX_ITEMS,
  readDelivery,
  readQuestion,
} from "./delivery.ts";
export { DeliveryRefusal, type DeliveryRefusalReason, shownText } from "./refusal.ts";
export type { DeliveryAnswer, FindAnswer, HostAnswer, ReceivedDelivery } from "./protocol.ts";
export type { Link } from "./receive/links.ts";
export { type ExtraRequest, isExtraRequest } from "./extra_request.ts";
export { askAtHome } from "./reach/extra.ts";
export { describeDelivery } from "./describe.ts";
export { watchDeliveries } from "./watch_deliveries.ts";
export { deliverHome, findAtHome, findOfHost } from "./reach/home.ts";
export { findHost, linkedMachines } from "./reach/of_host.ts";
export { readSshArguments } from "./ssh/arguments.ts";
export { findSsh } from "./ssh/find.ts";
export { prepareLink } from "./ssh/prepare.ts";
export { runSsh } from "./ssh/run.ts";
export { makeLink } from "./ssh/make.ts";
export { NO_LINK, sshForward } from "./ssh/forward.ts";
export { pruneLinkSockets } from "./reach/prune.ts";
export { type LinkSocket, linkSockets, noteUse, removeDeadLink } from "./reach/sockets.ts";

import type { ServerExtras } from "../registry/mod.ts";
import type { LinksOptions } from "./receive/links.ts";

/** Starts the links of a registry; see `receive/mod.ts`. */
export async function serveLinks(options: LinksOptions): Promise<ServerExtras> {
  const { serveLinks } = await import("./receive/mod.ts");
  return await serveLinks(options);
}
