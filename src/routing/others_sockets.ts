import { othersEditorSockets } from "../discovery/mod.ts";
import type { SystemContext } from "../platform/mod.ts";
import type { Walk } from "./walk.ts";

/** What was left alone may be what is meant: root in a container looks for its user's windows. */
export function noteOthersSockets(
  context: SystemContext,
  allowOwners: readonly number[] | undefined,
  walk: Walk,
): void {
  for (const [uid, count] of othersEditorSockets(context, allowOwners)) {
    const place = `editor sockets of another user (uid ${uid})`;
    const use = context.uid === 0 ? `, unless you give --allow-owner ${uid}` : "";
    walk.note(place, `${count} not used${use}`);
  }
}
