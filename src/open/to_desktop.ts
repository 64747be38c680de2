import {
  asWindowSpells,
  canRemoveFolders,
  type DesktopRequest,
  desktopWindows,
  tellDesktop,
} from "../desktop/mod.ts";
import { exists, type OpenMessage, remoteUri } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import type { DesktopDestination } from "../routing/mod.ts";
import { openMessages } from "./editor_message.ts";
import type { OpenItem, OpenModes } from "./item.ts";
import type { Closed, RequestOptions, WindowRequest } from "./request.ts";
import { closedAfter } from "./wait.ts";

/** How long a window may take to remove a folder, in milliseconds. */
const REMOVE_MS = 2000;
const REMOVE_PAUSE_MS = 50;

/**
 * Creates the requests that make a desktop editor open the items, as its own command line would.
 */
export function desktopRequests(
  desktop: DesktopDestination,
  items: readonly OpenItem[],
  { modes, allowOwners, marker }: RequestOptions,
): WindowRequest[] {
  return openMessages(items, { modes, marker }).map((message) => {
    const request = requestOf(message, modes, desktop.folderUri);
    const send = async () => {
      checkCanRemove(desktop, request);
      const { done } = await tellDesktop(desktop.mainSocket, request, { allowOwners });
      if (request.waitMarkerFilePath !== undefined) {
        return untilClosed(done, request.waitMarkerFilePath, desktop, allowOwners);
      }
      await done;
      if (request.together === "remove") await checkRemoved(desktop, request, allowOwners);
      return undefined;
    };
    return { message: request, send };
  });
}

function requestOf(
  message: OpenMessage,
  { together, remoteAuthority }: OpenModes,
  folderUri: string | null,
): DesktopRequest {
  const authority = remoteAuthority ?? undefined;
  const spelled = (uri: string) => {
    if (authority !== undefined) return remoteUri(uri, authority);
    return folderUri === null ? uri : asWindowSpells(uri, folderUri);
  };
  const { fileURIs, folderURIs, waitMarkerFilePath } = message;
  return {
    ...fileURIs.length > 0 && { fileUris: fileURIs.map(spelled) },
    ...folderURIs.length > 0 && { folderUris: folderURIs.map(spelled) },
    ...message.gotoLineMode && { goto: true },
    ...together && { together },
    ...message.forceNewWindow && { newWindow: true },
    ...message.forceReuseWindow && { reuseWindow: true },
    ...authority !== undefined && { remoteAuthority: authority },
    ...waitMarkerFilePath !== undefined && { waitMarkerFilePath },
  };
}

/**
 * Waits until the files are closed: the marker is deleted, or the editor answers because the window
 * was closed or reloaded. If the editor ends, the wait fails at once, unless the editor deleted the
 * marker before.
 */
function untilClosed(
  done: Promise<void>,
  marker: string,
  { mainSocket }: DesktopDestination,
  allowOwners: readonly number[],
): Closed {
  return async () => {
    const deleted = closedAfter({ waitMarkerFilePath: marker }, mainSocket, allowOwners)!();
    deleted.catch(() => {});
    try {
      await Promise.race([done, deleted]);
    } catch (error) {
      if (exists(marker)) throw error;
    } finally {
      // Deleting the marker also ends the other wait.
      if (exists(marker)) Deno.removeSync(marker);
    }
  };
}

function checkCanRemove(
  { editor, editorName, version }: DesktopDestination,
  { together }: DesktopRequest,
): void {
  if (together !== "remove" || canRemoveFolders(editor, version) !== false) return;
  throw new SessionctlError(
    "EDITOR_REFUSED",
    `${printablePath(editorName)} ${
      printablePath(version)
    } cannot remove folders for a command line`,
    { hint: "versions since 1.97 can; remove the folder in the editor" },
  );
}

/**
 * Checks that the editor removed a folder: it does not report this, and older ones ignore the
 * option.
 */
async function checkRemoved(
  { mainSocket, editorName }: DesktopDestination,
  { folderUris = [] }: DesktopRequest,
  allowOwners: readonly number[],
): Promise<void> {
  const limit = performance.now() + REMOVE_MS;
  for (;;) {
    const windows = await desktopWindows({ mainSocket }, { allowOwners });
    const kept = windows.flatMap(({ folderUris }) => folderUris)
      .find((uri) => folderUris.includes(uri));
    if (kept === undefined) return;
    if (performance.now() > limit) {
      throw new SessionctlError(
        "EDITOR_REFUSED",
        `${printablePath(editorName)} still has ${printablePath(kept)} in a window`,
        { hint: "older editors ignore --remove; remove the folder in the editor" },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, REMOVE_PAUSE_MS));
  }
}
