import type { DesktopEditor } from "../desktop/mod.ts";
import { pathOfUri } from "../editor/mod.ts";
import { remotePlaceOf } from "../links/mod.ts";
import { type Session, windowIdOf, workspaceFolders } from "../registry/mod.ts";
import type { Machines } from "./machines.ts";
import type { Published } from "./publisher.ts";
import type { FleetFolder, FleetWindow } from "./values.ts";

/** Maximum number of published windows of a host. */
const MAX_WINDOWS = 200;

/**
 * The windows that this machine publishes: one for each registered window, and one for each of a
 * desktop editor.
 *
 * @param host This machine's name in the fleet.
 * @param sessions The registered windows.
 */
export async function ownWindows(
  host: string,
  machines: Machines,
  sessions: Iterable<Session>,
  editors: readonly DesktopEditor[],
): Promise<Published> {
  const windows = new Map<string, FleetWindow>();
  for (const session of sessions) {
    const id = windowIdOf(session) ?? await idOf(session.socketPath);
    const before = windows.get(id);
    if (before === undefined || before.folders.length === 0) {
      windows.set(id, ofSession(host, session));
    }
  }
  for (const { mainSocket, name, windows: open } of editors) {
    for (const [at, { folderUris }] of open.entries()) {
      const folders = folderUris.flatMap((uri) => folderOf(host, machines, uri));
      const window = { kind: "desktop", name, folders, focused: false, lastActive: 0 };
      windows.set(await idOf(`${mainSocket}\n${folderUris.join("\n") || at}`), window);
    }
  }
  const kept = new Map([...windows].slice(0, MAX_WINDOWS));
  return { desktop: editors.some(({ state }) => state === "live"), windows: kept };
}

function ofSession(host: string, session: Session): FleetWindow {
  const { kind, workspace, focused, focusedAt, registeredAt } = session;
  return {
    kind,
    name: kind,
    folders: workspaceFolders(workspace).map((path) => ({ host, path })),
    focused: focused === true,
    lastActive: focusedAt ?? registeredAt,
  };
}

function folderOf(host: string, machines: Machines, uri: string): FleetFolder[] {
  if (uri.startsWith("file:///")) {
    const path = pathOfUri(uri);
    return path === undefined ? [] : [{ host, path }];
  }
  const place = remotePlaceOf(uri);
  if (place === undefined) return [];
  const remote = machines.hostOf(place.authority);
  return remote === undefined ? [] : [{ host: remote, path: place.path }];
}

/** A name for a key, whatever the text contains. */
async function idOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash, 0, 12).toHex();
}
