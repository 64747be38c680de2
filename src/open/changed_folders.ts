import { pathOfUri } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { realPathOf } from "../platform/mod.ts";
import { RegistryClient, type Session, workspaceFolders } from "../registry/mod.ts";
import type { OpenItem } from "./item.ts";

/**
 * Tells the registry that a window has more or fewer folders: a window with several folders does
 * not register again when one is added or removed.
 *
 * @param socketPath The window's editor socket; without a session there, this function does
 * nothing.
 * @param items The added or removed folders.
 * @param registrySocket The registry's socket; found by the usual rules by default.
 * @returns why the registry could not be updated; undefined on success.
 */
export async function registerChangedFolders(
  socketPath: string,
  items: readonly OpenItem[],
  mode: "add" | "remove",
  registrySocket: string | undefined,
): Promise<string | undefined> {
  const changed = items.flatMap((item) => item.kind === "folder" ? pathOf(item) ?? [] : []);
  if (changed.length === 0) return undefined;
  try {
    const registry = new RegistryClient({ socket: registrySocket });
    const sessions = await registry.list();
    const session = sessions.find((one) => one.socketPath === socketPath);
    // A window without a folder becomes another window, which registers by itself.
    if (session === undefined || workspaceFolders(session.workspace).length === 0) return undefined;
    await registry.addSession({
      socketPath,
      source: session.source,
      workspace: {
        ...session.workspace as object,
        folders: foldersAfter(session, changed, mode === "add"),
      },
    });
  } catch (error) {
    if (!(error instanceof SessionctlError)) throw error;
    return error.message;
  }
}

function pathOf(item: OpenItem): string | undefined {
  return "path" in item ? item.path : pathOfUri(item.uri);
}

/** The folders as the editor sent them, plus the added ones or minus the removed ones. */
function foldersAfter({ workspace }: Session, changed: readonly string[], added: boolean) {
  const { folders } = workspace as { folders: readonly unknown[] };
  const real = new Set(changed.map(realPathOf));
  const others = folders.filter((folder) =>
    !workspaceFolders({ folders: [folder] }).some((path) => real.has(realPathOf(path)))
  );
  if (!added) return others;
  return [...others, ...changed.map((path) => ({ uri: { scheme: "file", path } }))];
}
