import { dirname } from "@std/path/posix";
import { checkVacantSocket } from "../../http/mod.ts";
import { SessionctlError } from "../../errors.ts";
import {
  bindUnixSocket,
  type BoundSocket,
  checkPrivateDirectory,
  checkSocketPath,
  lockFile,
  printablePath,
} from "../../platform/mod.ts";

/**
 * Listens on a Unix socket of this user. An existing file is left alone if it is not a socket, or if
 * the socket has a listener.
 *
 * @param option The option that named the path, such as "--listen".
 * @throws {SessionctlError} `ADDRESS_IN_USE`, `NOT_A_SOCKET`, `FOREIGN_OWNER`, and the errors of
 * binding a Unix socket.
 */
export async function claimUnixSocket(
  path: string,
  option: string,
): Promise<BoundSocket<Deno.UnixListener>> {
  checkSocketPath(path, option);
  // Before any file is created: where others may write, a symlink may be in its place.
  checkPrivateDirectory(dirname(path));
  const elsewhere = `choose another path for ${option}`;
  const lock = lockFile(`${path}.lock`);
  if (!("release" in lock)) {
    throw new SessionctlError(
      "ADDRESS_IN_USE",
      `another program listens on ${printablePath(path)}`,
      { hint: `stop it, or ${elsewhere}` },
    );
  }
  try {
    await checkVacantSocket(path, elsewhere);
    const socket = bindUnixSocket(path, option);
    const close = () => {
      socket.close();
      lock.release();
    };
    return { ...socket, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}
