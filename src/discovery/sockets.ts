import { join } from "@std/path/posix";
import {
  CLI_SOCKET_NAME,
  editorSocketDirectories,
  system,
  type SystemContext,
} from "../platform/mod.ts";

/** A socket file an editor made. */
export interface EditorSocketFile {
  readonly socketPath: string;
  /** When it was bound, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

/**
 * The editor sockets of this user in the directories where editors put them, whether
 * or not anybody listens; the most recent first.
 *
 * In a runtime directory also those of sandboxed editors: Flatpak's are in `app/ID`, a
 * snap's in `snap.NAME`. Source: flatpak-run(1), flathub/com.vscodium.codium pull request
 * 12; microsoft/vscode issue 95384.
 *
 * @param pattern Which file names count.
 */
export function findEditorSockets(
  context: SystemContext = system,
  pattern: RegExp = CLI_SOCKET_NAME,
): EditorSocketFile[] {
  return editorSocketDirectories(context)
    .flatMap((directory) => {
      const names = namesIn(directory);
      return [
        ...socketFiles(directory, names, pattern, context.uid),
        ...sandboxDirectories(directory, names)
          .flatMap((inner) => socketFilesIn(inner, pattern, context.uid)),
      ];
    })
    .sort((a, b) => b.modifiedAt - a.modifiedAt);
}

function sandboxDirectories(directory: string, names: readonly string[]): string[] {
  const flatpaks = names.includes("app") ? namesIn(join(directory, "app")) : [];
  return [
    ...flatpaks.map((name) => join(directory, "app", name)),
    ...names.filter((name) => name.startsWith("snap.")).map((name) => join(directory, name)),
  ];
}

/** The socket files of `uid` in a directory whose names match. */
export function socketFilesIn(
  directory: string,
  pattern: RegExp,
  uid: number,
): EditorSocketFile[] {
  return socketFiles(directory, namesIn(directory), pattern, uid);
}

function socketFiles(
  directory: string,
  names: readonly string[],
  pattern: RegExp,
  uid: number,
): EditorSocketFile[] {
  return names.flatMap((name) => {
    const file = pattern.test(name) ? editorSocketFile(join(directory, name), uid) : undefined;
    return file ?? [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch {
    return []; // Not readable, or gone meanwhile: then none of ours is in it.
  }
}

/** The socket file at `path`, if it is one and belongs to `uid`. */
export function editorSocketFile(path: string, uid: number): EditorSocketFile | undefined {
  try {
    const info = Deno.lstatSync(path);
    if (!info.isSocket || (info.uid !== null && info.uid !== uid)) return undefined;
    return { socketPath: path, modifiedAt: info.mtime?.getTime() ?? 0 };
  } catch {
    return undefined;
  }
}
