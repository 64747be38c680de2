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

/** What the names of sockets that were moved aside begin with. */
const ASIDE = ".sctl-";
const ASIDE_NAME = /^\.sctl-/;

/** Somebody else's socket that was moved aside, in its directory. */
export interface MovedSocket {
  readonly path: string;
  readonly identity: FileIdentity;
}

export interface Interposed {
  readonly ours: BoundSocket;
  readonly theirs: MovedSocket;
}

/**
 * Puts a listening socket of ours (0600) in the place of the one at `path`, which gets
 * another name in the same directory. In one step: at no moment is there no socket at
 * `path`, and one that is bound there meanwhile is the one that is moved.
 *
 * @throws {SessionctlError} as `bindUnixSocket`; what the file system throws.
 */
export function interpose(path: string): Interposed {
  const tag = crypto.randomUUID().slice(0, 6);
  const aside = join(dirname(path), `${ASIDE}${tag}`);
  const ours = bindUnixSocket(path, "the session socket", {
    checkDirectory: checkOwnDirectory,
    publish(boundPath) {
      exchangeFiles(boundPath, path);
      try {
        // At once: when our listener closes, the runtime removes what has this name.
        Deno.renameSync(boundPath, aside);
      } catch (error) {
        exchangeFiles(boundPath, path);
        throw error;
      }
    },
  });
  return { ours, theirs: { path: aside, identity: fileIdentity(aside)! } };
}

/** Gives a moved socket its place back, or removes it when nobody listens on it any more. */
export async function giveBack(
  theirs: MovedSocket,
  path: string,
  ours: BoundSocket | undefined,
): Promise<void> {
  if (!sameFile(fileIdentity(theirs.path), theirs.identity)) return;
  if (!(await isListening(theirs.path))) return void removeIfSame(theirs.path, theirs.identity);
  const found = fileIdentity(path);
  // Whoever has taken the place meanwhile is its owner's newer socket, and keeps it.
  if (found === undefined || sameFile(found, ours?.identity)) Deno.renameSync(theirs.path, path);
}

/** Removes what earlier runs moved aside and could not give back: sockets nobody listens on. */
export async function removeForgotten(path: string): Promise<void> {
  await removeDeadSockets(dirname(path), ASIDE_NAME);
}
