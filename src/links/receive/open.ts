import { delay } from "@std/async/delay";
import { tellDesktop } from "../../desktop/mod.ts";
import { sendToEditor, waitForClose } from "../../editor/mod.ts";
import { messageOf } from "../../errors.ts";
import { type Delivery, VIA_VERSION } from "../delivery.ts";
import { deliverHome } from "../reach/home.ts";
import { DeliveryRefusal } from "../refusal.ts";
import { messagesOfDelivery, requestsOfDelivery } from "./requests.ts";
import type { FoundWindow } from "./windows.ts";

export interface OpenOptions {
  readonly allowOwners: readonly number[];
  /** Creates a wait marker; see {@link Delivery.wait}. */
  readonly marker: (() => string) | undefined;
}

/** The outcome of opening. */
export interface Opened {
  /** Resolves when the files are closed, if the delivery waits for that. */
  readonly closed: Promise<unknown> | undefined;
}

/** A desktop editor that has not refused by then has the files, in milliseconds. */
const REFUSED_WITHIN_MS = 300;

/**
 * Opens a delivery in a window.
 *
 * @throws {DeliveryRefusal} `editor` if the editor refuses or does not answer.
 */
export async function openInWindow(
  delivery: Delivery,
  found: FoundWindow,
  options: OpenOptions,
): Promise<Opened> {
  try {
    const { window } = found;
    switch (window.kind) {
      case "editor":
        return await openInEditor(delivery, found, window.socketPath, options);
      case "desktop":
        return await openInDesktop(delivery, found, window.mainSocket, options);
      case "link":
        return await openBeyond(delivery, found, window);
    }
  } catch (error) {
    throw new DeliveryRefusal("editor", `${found.name} did not open it: ${messageOf(error)}`);
  }
}

async function openInEditor(
  delivery: Delivery,
  found: FoundWindow,
  socketPath: string,
  { allowOwners, marker }: OpenOptions,
): Promise<Opened> {
  const waits: Promise<void>[] = [];
  for (const message of messagesOfDelivery(delivery, found, marker)) {
    await sendToEditor(socketPath, message, { allowOwners });
    const { waitMarkerFilePath } = message;
    if (waitMarkerFilePath === undefined) continue;
    waits.push(waitForClose(waitMarkerFilePath, socketPath, allowOwners));
  }
  return together(waits);
}

async function openInDesktop(
  delivery: Delivery,
  found: FoundWindow,
  mainSocket: string,
  { allowOwners, marker }: OpenOptions,
): Promise<Opened> {
  const waits: Promise<void>[] = [];
  for (const request of requestsOfDelivery(delivery, found, marker)) {
    const { done } = await tellDesktop(mainSocket, request, { allowOwners });
    if (request.waitMarkerFilePath === undefined) await done;
    else {
      waits.push(done);
      await Promise.race([done, delay(REFUSED_WITHIN_MS)]);
    }
  }
  return together(waits);
}

/** Passes a delivery on, with the names that the receiving machine uses. */
async function openBeyond(
  delivery: Delivery,
  { authority }: FoundWindow,
  { linkSocket, via }: Extract<FoundWindow["window"], { kind: "link" }>,
): Promise<Opened> {
  const passed = { ...delivery, version: VIA_VERSION, via, authority } as const;
  const wait = await deliverHome(linkSocket, passed);
  return together(wait === undefined ? [] : [wait()]);
}

/** Combines the promises; a rejection that is not awaited yet is not an uncaught error. */
function together(waits: readonly Promise<void>[]): Opened {
  if (waits.length === 0) return { closed: undefined };
  const closed = Promise.all(waits);
  closed.catch(() => {});
  return { closed };
}
