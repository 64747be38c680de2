import { chmodSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";
import {
  checkSocketPath,
  ensurePrivateDirectory,
  type FileIdentity,
  fileIdentity,
  removeIfSame,
} from "../../../src/platform/mod.ts";

/** A server that listens on a Unix socket under a unique name. */
export interface Listener {
  readonly path: string;
  readonly identity: FileIdentity;
  /** Stops listening and removes the socket; connections stay. */
  close(): void;
}

/**
 * Listens on a Unix socket (mode 0600) in a private directory of this user, created if missing. No
 * other process may choose the same path, because Node removes a socket by its path.
 *
 * @throws {SessionctlError} `SOCKET_PATH_INVALID`, `UNSAFE_DIRECTORY`, `ACCESS_DENIED`, `IO_ERROR`.
 */
export async function listenAt(server: Server, path: string): Promise<Listener> {
  checkSocketPath(path, "the socket path");
  ensurePrivateDirectory(dirname(path));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  // Until then, the directory keeps other users out.
  chmodSync(path, 0o600);
  const identity = fileIdentity(path)!;
  const close = () => {
    removeIfSame(path, identity);
    server.close();
  };
  return { path, identity, close };
}
