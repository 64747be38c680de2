import { checkVacantSocket } from "../../http/mod.ts";
import { errnoOf, SessionctlError } from "../../errors.ts";
import {
  besideSocket,
  ensurePrivateDirectory,
  lockFile,
  printablePath,
  socketDirectory,
} from "../../platform/mod.ts";
import { type AcceptorOptions, StreamAcceptor } from "./stream_acceptor.ts";

/** Creates the error for a socket that another process uses, with its pid if known. */
export type InUse = (pid?: number) => SessionctlError;

/**
 * Accepts connections on a Unix socket unless another process already does. A lock file beside the
 * socket is held until the acceptor closes, so that only one of two simultaneous starts succeeds.
 *
 * @param elsewhere What to do if another process listens, as a hint.
 * @throws {SessionctlError} `ADDRESS_IN_USE`, `FOREIGN_OWNER`, `NOT_A_SOCKET`, and the errors of
 * binding a Unix socket.
 */
export async function claimAcceptor(
  options: AcceptorOptions,
  elsewhere: string,
  inUse: InUse = (pid) => listening(options.socketPath, elsewhere, pid),
): Promise<{ readonly socketPath: string; close(): void }> {
  const { socketPath } = options;
  ensurePrivateDirectory(socketDirectory(socketPath));
  const lock = lockFile(besideSocket(socketPath, ".lock"));
  if (!("release" in lock)) throw inUse(lock.heldBy);
  try {
    // Other programs take no lock, so connecting must show whether one of them listens.
    await checkVacantSocket(socketPath, elsewhere);
    const acceptor = await StreamAcceptor.start(options);
    const close = () => {
      acceptor.close();
      lock.release();
    };
    return { socketPath, close };
  } catch (error) {
    lock.release();
    throw errnoOf(error) === "ADDRESS_IN_USE" ? inUse() : error;
  }
}

function listening(path: string, elsewhere: string, pid?: number): SessionctlError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new SessionctlError("ADDRESS_IN_USE", `${who} listens on ${printablePath(path)}`, {
    hint: `end it, or ${elsewhere}`,
  });
}
