import { join } from "@std/path/posix";
import { connectUnix } from "../platform/http/mod.ts";
import {
  editorSocketDirectories,
  type FileIdentity,
  fileIdentity,
  instanceDirectory,
  removeIfSame,
  sameFile,
  SessionctlError,
} from "../platform/mod.ts";

/** A socket file of this user on which nobody listens. */
export interface StaleSocket {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** What became of a stale socket file. */
export interface RemovedSocket {
  readonly path: string;
  readonly removed: boolean;
  /** Why it was kept. */
  readonly reason?: string;
}

/**
 * Sockets that VS Code and its forks leave behind in shared directories.
 * Source: microsoft/vscode `ipc.net.ts` (`createRandomIPCHandle`) and `extensions/git/src/ipc/ipcServer.ts`.
 */
const EDITOR_SOCKET = /^vscode-(ipc|git)-[0-9a-zA-Z-]+\.sock$/;
const INSTANCE_SOCKET = /^(ipc-[0-9a-f]{16}|vscode-mcp-[0-9a-f]{8})\.sock$/;

/** This user's editor and instance sockets on which nobody listens. */
export async function findStaleSockets(): Promise<StaleSocket[]> {
  const places: [string, RegExp][] = editorSocketDirectories().map((directory) => [
    directory,
    EDITOR_SOCKET,
  ]);
  for (const scheme of ["adr", "vscode-mcp"] as const) {
    try {
      places.push([instanceDirectory({ scheme }), INSTANCE_SOCKET]);
    } catch (error) {
      // Without a home directory there are no instance sockets.
      if (!(error instanceof SessionctlError)) throw error;
    }
  }
  const stale: StaleSocket[] = [];
  for (const [directory, pattern] of places) {
    for (const path of ownSockets(directory, pattern)) {
      const identity = fileIdentity(path);
      if (identity && await isRefused(path)) stale.push({ path, identity });
    }
  }
  return stale;
}

function* ownSockets(directory: string, pattern: RegExp): Generator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch {
    // Missing, or not ours to read: then nothing in it is ours to remove.
    return;
  }
  for (const { name } of entries) {
    if (!pattern.test(name)) continue;
    const path = join(directory, name);
    try {
      const info = Deno.lstatSync(path);
      if (info.isSocket && info.uid === Deno.uid()) yield path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function isRefused(path: string): Promise<boolean> {
  try {
    (await connectUnix(path)).close();
    return false;
  } catch (error) {
    return error instanceof SessionctlError && error.code === "CONNECTION_REFUSED";
  }
}

/** Removes a stale socket file, if it still is that file and still nobody listens on it. */
export async function removeStaleSocket({ path, identity }: StaleSocket): Promise<RemovedSocket> {
  if (!sameFile(fileIdentity(path), identity)) {
    return { path, removed: false, reason: "it was replaced meanwhile" };
  }
  if (!(await isRefused(path))) {
    return { path, removed: false, reason: "somebody listens on it by now" };
  }
  try {
    return { path, removed: removeIfSame(path, identity) };
  } catch (error) {
    return { path, removed: false, reason: (error as Error).message };
  }
}
