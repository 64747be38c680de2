import { join } from "@std/path";
import { errnoOf } from "../errors.ts";
import { fileIdentity, removeIfSame } from "../platform/mod.ts";
import { connectUnix } from "./client.ts";

/** The errors of a connect where no process of an accepted user listens. */
const NOBODY = ["CONNECTION_REFUSED", "FOREIGN_OWNER", "SOCKET_MISSING"];

/**
 * Whether a process of this user (or of `allowOwners`) listens on a socket. A process that does not
 * accept connections at the moment counts; another user's does not.
 */
export async function isListening(
  path: string,
  allowOwners: readonly number[] = [],
): Promise<boolean> {
  try {
    (await connectUnix(path, allowOwners)).close();
    return true;
  } catch (error) {
    return !NOBODY.includes(errnoOf(error) ?? "");
  }
}

/**
 * Removes the sockets in `directory` with such a name that belong to this user and that no process
 * listens on: a killed process could not remove them.
 *
 * @throws the file system's error if one of them cannot be removed.
 */
export async function removeDeadSockets(directory: string, name: RegExp): Promise<void> {
  for (const path of pathsIn(directory, name)) {
    const identity = fileIdentity(path);
    if (identity === undefined || !isOwnSocket(path) || await isListening(path)) continue;
    removeIfSame(path, identity);
  }
}

function pathsIn(directory: string, name: RegExp): string[] {
  try {
    const entries = [...Deno.readDirSync(directory)];
    return entries.filter((entry) => name.test(entry.name)).map((entry) =>
      join(directory, entry.name)
    );
  } catch {
    return []; // Missing or unreadable, so it contains no socket of ours.
  }
}

function isOwnSocket(path: string): boolean {
  try {
    const { isSocket, uid } = Deno.lstatSync(path);
    return isSocket === true && uid === Deno.uid();
  } catch {
    return false; // Removed in the meantime.
  }
}
