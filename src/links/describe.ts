import { printablePath } from "../platform/mod.ts";
import type { ReceivedDelivery } from "./protocol.ts";

const MAX_SHOWN_ITEMS = 3;

/**
 * Describes a delivery in one line, for the log and `watch`.
 *
 * @example
 * ```ts
 * describeDelivery(delivery); // "hostb (ann@b): opened /home/ann/a.ts:12 in Visual Studio Code"
 * ```
 */
export function describeDelivery(
  { link, from, mode, items, itemCount = items.length, request, window, refused }: ReceivedDelivery,
): string {
  const shown = items.slice(0, MAX_SHOWN_ITEMS).map(({ path, line }) =>
    line === undefined ? path : `${path}:${line}`
  );
  const more = itemCount - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  const user = from?.user === undefined ? "" : `${from.user}@`;
  const sender = from === null ? link : `${link} (${user}${from.host})`;
  const what = request ?? (shown.length === 0 ? "a delivery" : shown.join(", "));
  const done = { open: "opened", diff: "compared", merge: "merged", add: "added" }[mode];
  const text = refused === undefined
    ? `${sender}: ${request === undefined ? `${done} ` : ""}${what} in ${window}`
    : `${sender}: refused ${what}: ${refused}`;
  return printablePath(text.length > 1000 ? `${text.slice(0, 1000)}...` : text);
}
