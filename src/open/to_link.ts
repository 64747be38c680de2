import { isMisread } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { deliverHome, type Delivery, type DeliveryItem } from "../links/mod.ts";
import { printablePath, realPathOf, system } from "../platform/mod.ts";
import type { LinkDestination } from "../routing/mod.ts";
import { localPathOf, type OpenItem } from "./item.ts";
import type { RequestOptions, WindowRequest } from "./request.ts";

/**
 * Creates the delivery that opens the items at the other end of a link.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` for requests that a delivery cannot express.
 */
export function linkRequests(
  destination: LinkDestination,
  items: readonly OpenItem[],
  options: RequestOptions,
): WindowRequest[] {
  // A delivery has the files of one machine.
  const owners = new Set(items.map(ownerOf));
  if (owners.size > 1 && options.modes.together !== undefined) {
    throw new SessionctlError("NOT_SUPPORTED", "files of two machines cannot be opened together");
  }
  const groups = owners.size < 2
    ? [items]
    : [...owners].map((owner) => items.filter((item) => ownerOf(item) === owner));
  return groups.map((group) => linkRequest(destination, group, options));
}

/** The host that an item belongs to; undefined for this machine. */
function ownerOf(item: OpenItem): string | undefined {
  return "uri" in item ? item.ofHost?.host : undefined;
}

function linkRequest(
  { linkSocket, authority }: LinkDestination,
  items: readonly OpenItem[],
  { modes, marker }: RequestOptions,
): WindowRequest {
  const { together: mode = "open", newWindow, reuseWindow } = modes;
  if (mode === "remove") {
    throw new SessionctlError("NOT_SUPPORTED", "--remove does not work over a link", {
      hint: "remove the folder in the editor",
    });
  }
  const user = system.env("USER");
  const hasFile = items.some(({ kind }) => kind === "file");
  const delivery: Delivery = {
    version: 1,
    from: { host: Deno.hostname(), ...user && { user } },
    authority,
    mode,
    items: items.map(deliveryItem),
    ...newWindow && { newWindow },
    ...reuseWindow && { reuseWindow },
    ...marker !== undefined && hasFile && { wait: true },
  };
  const owner = items[0] && ownerOf(items[0]);
  const message = owner === undefined ? delivery : { owner, delivery };
  return { message, send: () => deliverHome(linkSocket, delivery, owner) };
}

function deliveryItem(item: OpenItem): DeliveryItem {
  const { kind } = item;
  const path = "uri" in item && item.ofHost ? item.ofHost.path : localPathOf(item);
  if (path === undefined) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `${printablePath(item.typed)} is not a file of this machine, and a link opens only those`,
    );
  }
  const position = "position" in item && !isMisread(path) ? item.position : undefined;
  const realPath = realPathOf(path);
  return { kind, path: normal(path), ...realPath !== path && { realPath }, ...position };
}

/** Removes a trailing slash, which the other end would reject. */
function normal(path: string): string {
  return path.replace(/(.)\/+$/s, "$1");
}
