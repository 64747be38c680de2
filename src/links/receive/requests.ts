import type { DesktopRequest } from "../../desktop/mod.ts";
import { isMisread, type OpenMessage, positionText } from "../../editor/mod.ts";
import { isWithin } from "../../platform/mod.ts";
import { THIS_MACHINE, uriOn } from "../authority.ts";
import type { Delivery, DeliveryItem } from "../delivery.ts";

/** A part of a delivery that is opened in one message. */
interface Part {
  readonly items: readonly DeliveryItem[];
  readonly goto: boolean;
}

/**
 * The whole delivery, or two parts if some items have a line and others must not be read as having
 * one.
 */
function partsOf({ mode, items }: Delivery): Part[] {
  const wanted = items.some(({ path, line }) => line !== undefined && !isMisread(path));
  const misread = items.filter(({ kind, path }) => kind === "file" && isMisread(path));
  if (!wanted) return [{ items, goto: false }];
  if (misread.length === 0) return [{ items, goto: true }];
  // Items that belong together cannot be split: then the names take precedence over the lines.
  if (mode !== "open") return [{ items, goto: false }];
  const others = items.filter((item) => !misread.includes(item));
  return [{ items: others, goto: true }, { items: misread, goto: false }];
}

/** The window that gets a delivery, as far as the URIs depend on it. */
export interface OpenPlace {
  /** The sender's machine, as the window spells it. */
  readonly authority: string;
  /** The folder of the window that holds a path of the delivery. */
  readonly folder?: string;
}

/** URIs spell the machine and its folder like the window that gets them. */
function urisOf(
  { items, goto }: Part,
  kind: DeliveryItem["kind"],
  { authority, folder }: OpenPlace,
): string[] {
  return items.filter((item) => item.kind === kind).map(({ path, realPath, line, column }) => {
    const holds = (candidate: string) => folder !== undefined && isWithin(candidate, folder);
    const isReal = realPath !== undefined && !holds(path) && holds(realPath);
    const uri = uriOn(authority, isReal ? realPath : path);
    return goto && line !== undefined ? uri + positionText({ line, column }) : uri;
  });
}

/** The requests to a desktop editor that open a delivery. */
export function requestsOfDelivery(
  delivery: Delivery,
  place: OpenPlace,
  marker: (() => string) | undefined,
): DesktopRequest[] {
  const { mode, newWindow, reuseWindow } = delivery;
  return partsOf(delivery).map((part) => {
    const fileUris = urisOf(part, "file", place);
    const folderUris = urisOf(part, "folder", place);
    const isEmpty = part.items.length === 0;
    return {
      fileUris,
      folderUris,
      goto: part.goto,
      ...mode === "open" ? {} : { together: mode },
      ...newWindow || isEmpty ? { newWindow: true } : {},
      ...reuseWindow && { reuseWindow },
      ...isEmpty && place.authority !== THIS_MACHINE && { remoteAuthority: place.authority },
      ...marker !== undefined && fileUris.length > 0 ? { waitMarkerFilePath: marker() } : {},
    };
  });
}

/** The messages to an editor socket that open a delivery. */
export function messagesOfDelivery(
  delivery: Delivery,
  place: OpenPlace,
  marker: (() => string) | undefined,
): OpenMessage[] {
  return requestsOfDelivery(delivery, place, marker).map((request) => ({
    type: "open",
    fileURIs: request.fileUris ?? [],
    folderURIs: request.folderUris ?? [],
    forceNewWindow: request.newWindow ?? false,
    forceReuseWindow: request.reuseWindow ?? false,
    diffMode: request.together === "diff",
    mergeMode: request.together === "merge",
    addMode: request.together === "add",
    removeMode: false,
    gotoLineMode: request.goto ?? false,
    ...request.waitMarkerFilePath === undefined
      ? {}
      : { waitMarkerFilePath: request.waitMarkerFilePath },
  }));
}
