import { join } from "@std/path/posix";
import { editorSocketDirectories, system, type SystemContext } from "../platform/mod.ts";

/** A socket file an editor made. */
export interface EditorSocketFile {
  readonly socketPath: string;
  /** When it was bound, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Source: microsoft/vscode `createRandomIPCHandle` in `src/vs/base/parts/ipc/node/ipc.net.ts`. */
const CLI_SOCKET = /^vscode-ipc-.+\.sock$/;

/**
 * The editor sockets of this user in the directories where editors put them, whether
 * or not anybody listens; the most recent first.
 *
 * @param pattern Which file names count.
 */
export function findEditorSockets(
  context: SystemContext = system,
  pattern: RegExp = CLI_SOCKET,
): EditorSocketFile[] {
  return editorSocketDirectories(context)
    .flatMap((directory) => socketFilesIn(directory, pattern, context.uid))
    .sort((a, b) => b.modifiedAt - a.modifiedAt);
}

/** The socket files of `uid` in a directory whose names match. */
export function socketFilesIn(
  directory: string,
  pattern: RegExp,
  uid: number,
): EditorSocketFile[] {
  return namesIn(directory).flatMap((name) => {
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
