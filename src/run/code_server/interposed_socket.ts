import { dirname, join } from "@std/path/posix";
import { isListening, removeDeadSockets } from "../../http/mod.ts";
import {
  bindUnixSocket,
  type BoundSocket,
  checkOwnDirectory,
  type FileIdentity,
  fileIdentity,
  removeIfSame,
  sameFile,
} from "../../platform/mod.ts";
import { exchangeFiles } from "../../platform/ffi/exchange_files.ts";

/** The prefix of the names of sockets that were moved aside. */
const ASIDE = ".sctl-";
const ASIDE_NAME = /^\.sctl-/;

/** A socket of code-server that was moved aside, in its directory. */
export interface MovedSocket {
  readonly path: string;
  readonly identity: FileIdentity;
}

export interface Interposed {
  readonly ours: BoundSocket;
  readonly theirs: MovedSocket;
}

/**
 * Puts a listening socket of ours (0600) in place of the one at `path`, which gets another name in
 * the same directory. The exchange is atomic: there is always a socket at `path`, and the one that
 * is there at that moment is moved.
 *
 * @throws {SessionctlError} as `bindUnixSocket`, and errors of the file system.
 */
export function interpose(path: string): Interposed {
  const tag = crypto.randomUUID().slice(0, 6);
  const aside = join(dirname(path), `${ASIDE}${tag}`);
  const ours = bindUnixSocket(path, "the session socket", {
    checkDirectory: checkOwnDirectory,
    publish(boundPath) {
      exchangeFiles(boundPath, path);
      try {
        // Renamed at once, because the runtime removes the file with this name when our listener
        // closes.
        Deno.renameSync(boundPath, aside);
      } catch (error) {
        exchangeFiles(boundPath, path);
        throw error;
      }
    },
  });
  return { ours, theirs: { path: aside, identity: fileIdentity(aside)! } };
}

/** Moves a socket back to its path, or removes it if nobody listens on it any more. */
export async function giveBack(
  theirs: MovedSocket,
  path: string,
  ours: BoundSocket | undefined,
): Promise<void> {
  if (!sameFile(fileIdentity(theirs.path), theirs.identity)) return;
  if (!(await isListening(theirs.path))) return void removeIfSame(theirs.path, theirs.identity);
  const found = fileIdentity(path);
  // A socket that has taken the path meanwhile is newer, and stays.
  if (found === undefined || sameFile(found, ours?.identity)) Deno.renameSync(theirs.path, path);
}

/** Removes sockets without a listener that earlier runs moved aside and could not move back. */
export async function removeForgotten(path: string): Promise<void> {
  await removeDeadSockets(dirname(path), ASIDE_NAME);
}
