import { join } from "@std/path";
import { errnoOf } from "../errors.ts";
import { fileIdentity, removeIfSame } from "../platform/mod.ts";
import { connectUnix } from "./client.ts";

/** What an attempt to connect fails with where no process that counts listens. */
const NOBODY = ["CONNECTION_REFUSED", "FOREIGN_OWNER", "SOCKET_MISSING"];

/**
 * Whether a process of this user (or of `allowOwners`) listens on a socket. One that does not
 * accept connections at the moment counts, another user's does not.
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
 * Removes the sockets of this user in `directory` that nobody listens on, of those with such a
 * name: what a process that was killed could not remove itself.
 *
 * @throws what the file system throws when one of them cannot be removed.
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
    return []; // It is not there, or not ours to read: then nothing in it is ours.
  }
}

function isOwnSocket(path: string): boolean {
  try {
    const { isSocket, uid } = Deno.lstatSync(path);
    return isSocket === true && uid === Deno.uid();
  } catch {
    return false; // It is gone by now.
  }
}
