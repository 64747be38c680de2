import type { DesktopRequest } from "../../desktop/mod.ts";
import { isMisread, type OpenMessage, positionText } from "../../editor/mod.ts";
import { THIS_MACHINE, uriOn } from "../authority.ts";
import type { Delivery, DeliveryItem } from "../delivery.ts";

/** A part of a delivery that is opened in one go. */
interface Part {
  readonly items: readonly DeliveryItem[];
  readonly goto: boolean;
}

/** The whole; or two parts when some items have a line and others must not be read for one. */
function partsOf({ mode, items }: Delivery): Part[] {
  const wanted = items.some(({ path, line }) => line !== undefined && !isMisread(path));
  const misread = items.filter(({ kind, path }) => kind === "file" && isMisread(path));
  if (!wanted) return [{ items, goto: false }];
  if (misread.length === 0) return [{ items, goto: true }];
  // What belongs together cannot be split: then the names count more than the lines.
  if (mode !== "open") return [{ items, goto: false }];
  const others = items.filter((item) => !misread.includes(item));
  return [{ items: others, goto: true }, { items: misread, goto: false }];
}

/** @param authority The sender's machine, as the window spells it. */
function urisOf({ items, goto }: Part, kind: DeliveryItem["kind"], authority: string): string[] {
  return items.filter((item) => item.kind === kind).map(({ path, line, column }) => {
    const uri = uriOn(authority, path);
    return goto && line !== undefined ? uri + positionText({ line, column }) : uri;
  });
}

/** The requests to a desktop editor that open a delivery. */
export function requestsOfDelivery(
  delivery: Delivery,
  authority: string,
  marker: (() => string) | undefined,
): DesktopRequest[] {
  const { mode, newWindow, reuseWindow } = delivery;
  return partsOf(delivery).map((part) => {
    const fileUris = urisOf(part, "file", authority);
    const folderUris = urisOf(part, "folder", authority);
    const isEmpty = part.items.length === 0;
    return {
      fileUris,
      folderUris,
      goto: part.goto,
      ...mode === "open" ? {} : { together: mode },
      ...newWindow || isEmpty ? { newWindow: true } : {},
      ...reuseWindow && { reuseWindow },
      ...isEmpty && authority !== THIS_MACHINE && { remoteAuthority: authority },
      ...marker !== undefined && fileUris.length > 0 ? { waitMarkerFilePath: marker() } : {},
    };
  });
}

/** The messages to an editor socket that open a delivery. */
export function messagesOfDelivery(
  delivery: Delivery,
  authority: string,
  marker: (() => string) | undefined,
): OpenMessage[] {
  return requestsOfDelivery(delivery, authority, marker).map((request) => ({
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
