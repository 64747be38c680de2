import { othersEditorSockets } from "../discovery/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath, type SystemContext } from "../platform/mod.ts";
import type { RouterOptions } from "./types.ts";
import type { Walk } from "./walk.ts";

/** Maximum numbers of paths and lines in an error; a call may have thousands of files. */
const MOST_PATHS = 3;
const MOST_LINES = 60;

/** The error for paths without a window. It lists everything that was tried. */
export async function noTarget(
  paths: readonly string[],
  { allowOwners, hint }: RouterOptions,
  context: SystemContext,
  walk: Walk,
): Promise<SessionctlError> {
  noteOthersSockets(context, allowOwners, walk);
  const shown = paths.slice(0, MOST_PATHS).map(printablePath).join(", ");
  const others = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : "";
  const { lines } = walk;
  const left = lines.length - MOST_LINES;
  return new SessionctlError(
    "NO_TARGET",
    [
      `no editor window found for ${shown}${others}`,
      ...lines.slice(0, MOST_LINES),
      ...left > 0 ? [`${left} more lines with --verbose`] : [],
    ].join("\n  "),
    { hint: await hint?.() ?? "start an editor, or name one: --to SOCKET" },
  );
}

/**
 * Notes sockets of other users, which may be intended: root in a container looks for its user's
 * windows.
 */
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
