import { join } from "@std/path";
import {
  CLI_SOCKET_NAME,
  editorSocketDirectories,
  pipesNamed,
  system,
  type SystemContext,
  usesPipes,
} from "../platform/mod.ts";

/** A socket file of an editor. */
export interface EditorSocketFile {
  readonly socketPath: string;
  /** Time of the bind, in milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/**
 * The editor sockets of this user in the directories that editors use, with or without a listener,
 * most recent first.
 *
 * This includes those of sandboxed editors in a runtime directory: Flatpak's are in `app/ID`, a
 * snap's in `snap.NAME`. Source: flatpak-run(1), flathub/com.vscodium.codium pull request 12;
 * microsoft/vscode issue 95384. On Windows, it returns the pipes of any user; only connecting shows
 * whether this user may use them.
 *
 * @param pattern The pattern of file names.
 * @param allowOwners Further user ids whose sockets count (`--allow-owner`).
 */
export function findEditorSockets(
  context: SystemContext = system,
  pattern: RegExp = CLI_SOCKET_NAME,
  allowOwners: readonly number[] = [],
): EditorSocketFile[] {
  if (usesPipes(context)) return pipesNamed(pattern).map(pipeFile);
  const owners = [context.uid, ...allowOwners];
  return editorSocketDirectories(context, allowOwners)
    .flatMap((directory) => {
      const names = namesIn(directory);
      return [
        ...socketFiles(directory, names, pattern, owners),
        ...sandboxDirectories(directory, names)
          .flatMap((inner) => socketFilesIn(inner, pattern, owners)),
      ];
    })
    .sort((a, b) => b.modifiedAt - a.modifiedAt);
}

/** A pipe does not show when it was created. */
function pipeFile(socketPath: string): EditorSocketFile {
  return { socketPath, modifiedAt: 0 };
}

/**
 * The number of editor sockets of other users that are not used, by user id: in the directories of
 * this user's editors and, for root, in every user's runtime directory.
 *
 * @param allowOwners User ids whose sockets are used.
 */
export function othersEditorSockets(
  context: SystemContext = system,
  allowOwners: readonly number[] = [],
): Map<number, number> {
  const owners = [context.uid, ...allowOwners];
  const runtime = context.uid === 0
    ? namesIn("/run/user").map((name) => join("/run/user", name))
    : [];
  const counts = new Map<number, number>();
  for (const directory of new Set([...editorSocketDirectories(context), ...runtime])) {
    for (const name of namesIn(directory)) {
      const owner = CLI_SOCKET_NAME.test(name) ? socketOwner(join(directory, name)) : undefined;
      if (owner === undefined || owners.includes(owner)) continue;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
  }
  return counts;
}

function socketOwner(path: string): number | undefined {
  try {
    const { isSocket, uid } = Deno.lstatSync(path);
    return isSocket && uid !== null ? uid : undefined;
  } catch {
    return undefined;
  }
}

function sandboxDirectories(directory: string, names: readonly string[]): string[] {
  const flatpaks = names.includes("app") ? namesIn(join(directory, "app")) : [];
  return [
    ...flatpaks.map((name) => join(directory, "app", name)),
    ...names.filter((name) => name.startsWith("snap.")).map((name) => join(directory, name)),
  ];
}

/** The socket files of `owners` in a directory whose names match. */
export function socketFilesIn(
  directory: string,
  pattern: RegExp,
  owners: readonly number[],
): EditorSocketFile[] {
  return socketFiles(directory, namesIn(directory), pattern, owners);
}

function socketFiles(
  directory: string,
  names: readonly string[],
  pattern: RegExp,
  owners: readonly number[],
): EditorSocketFile[] {
  return names.flatMap((name) => {
    const file = pattern.test(name) ? editorSocketFile(join(directory, name), owners) : undefined;
    return file ?? [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return []; // Not readable, or removed meanwhile; it then contains none of ours.
  }
}

/** The socket file at `path`, if it is a socket and belongs to one of `owners`. */
export function editorSocketFile(
  path: string,
  owners: readonly number[],
): EditorSocketFile | undefined {
  try {
    const info = Deno.lstatSync(path);
    if (!info.isSocket || (info.uid !== null && !owners.includes(info.uid))) return undefined;
    return { socketPath: path, modifiedAt: info.mtime?.getTime() ?? 0 };
  } catch {
    return undefined;
  }
}
