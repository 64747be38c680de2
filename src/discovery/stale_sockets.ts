import { isListening } from "../http/mod.ts";
import { instanceDirectory } from "../ipc/mod.ts";
import {
  type FileIdentity,
  fileIdentity,
  homeDirectory,
  mainSocketPaths,
  removeIfSame,
  runtimeDirectories,
  sameFile,
  socketOwnership,
  system,
  usesPipes,
} from "../platform/mod.ts";
import { findEditorSockets, socketFilesIn } from "./sockets.ts";

/** A socket file of this user without a listener. */
export interface StaleSocket {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** The outcome for a stale socket file. */
export interface RemovedSocket {
  readonly path: string;
  readonly removed: boolean;
  /** Why it was kept. */
  readonly reason?: string;
}

/**
 * Sockets that VS Code and its forks leave behind in shared directories.
 * Source: microsoft/vscode `ipc.net.ts` (`createRandomIPCHandle`) and `extensions/git/src/ipc/ipcServer.ts`.
 * Older versions of tjx666/vscode-mcp put their instance sockets there, too.
 */
const EDITOR_SOCKET = /^vscode-((ipc|git)-[0-9a-zA-Z-]+|mcp-[0-9a-f]{8})\.sock$/;
/** The companion extension uses further names for its windows (docs/companion.md). */
const INSTANCE_SOCKET =
  /^(ipc-[0-9a-f]{16}(\.[0-9a-f]{8})?|window-[0-9a-f]{32}|vscode-mcp-[0-9a-f]{8})\.sock$/;

/**
 * This user's editor, instance and main sockets without a listener. A desktop editor that starts
 * removes its dead main socket in the same way.
 */
export async function findStaleSockets(): Promise<StaleSocket[]> {
  // Windows removes a pipe with its last process.
  if (usesPipes()) return [];
  const files = findEditorSockets(system, EDITOR_SOCKET);
  for (const directory of instanceDirectories()) {
    files.push(...socketFilesIn(directory, INSTANCE_SOCKET, [system.uid]));
  }
  for (const directory of runtimeDirectories()) {
    files.push(...socketFilesIn(directory, EDITOR_SOCKET, [system.uid]));
  }
  const paths = [
    ...files.map(({ socketPath }) => socketPath),
    ...mainSocketPaths().filter((path) => socketOwnership(path) === "ours"),
  ];
  const stale: StaleSocket[] = [];
  for (const path of paths) {
    const identity = fileIdentity(path);
    if (identity && !(await isListening(path))) stale.push({ path, identity });
  }
  return stale;
}

/** Without a home directory there are no instance sockets. */
function instanceDirectories(): string[] {
  if (homeDirectory() === undefined && !system.env("XDG_DATA_HOME")?.startsWith("/")) return [];
  return [instanceDirectory({ scheme: "adr" }), instanceDirectory({ scheme: "vscode-mcp" })];
}

/** Removes a stale socket file, if it is still the same file and still has no listener. */
export async function removeStaleSocket({ path, identity }: StaleSocket): Promise<RemovedSocket> {
  if (!sameFile(fileIdentity(path), identity)) {
    return { path, removed: false, reason: "it was replaced meanwhile" };
  }
  if (await isListening(path)) {
    return { path, removed: false, reason: "a process listens on it now" };
  }
  try {
    if (removeIfSame(path, identity)) return { path, removed: true };
    return { path, removed: false, reason: "it has already been removed" };
  } catch (error) {
    return { path, removed: false, reason: (error as Error).message };
  }
}
