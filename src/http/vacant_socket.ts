import { SessionctlError } from "../errors.ts";
import { ownershipReason, printablePath, socketOwnership } from "../platform/mod.ts";
import { isListening } from "./dead_sockets.ts";

/**
 * Checks that a socket may be put at `path`: the path is free, or has a socket of ours that no
 * process serves any more.
 *
 * @param elsewhere An alternative to suggest in the hint.
 * @throws {SessionctlError} `ADDRESS_IN_USE`, `FOREIGN_OWNER`, `NOT_A_SOCKET`.
 */
export async function checkVacantSocket(path: string, elsewhere: string): Promise<void> {
  const shown = printablePath(path);
  switch (socketOwnership(path)) {
    case "missing":
      return;
    case "foreign":
      throw new SessionctlError("FOREIGN_OWNER", `${shown} belongs to another user`);
    case "unreadable":
      throw new SessionctlError("ACCESS_DENIED", `${shown} ${ownershipReason("unreadable")}`);
    case "not-a-socket":
      throw new SessionctlError("NOT_A_SOCKET", `${shown} exists and is not a socket`, {
        hint: `remove it, or ${elsewhere}`,
      });
    case "ours":
  }
  if (!(await isListening(path))) return;
  throw new SessionctlError("ADDRESS_IN_USE", `another program listens on ${shown}`, {
    hint: `end it, or ${elsewhere}`,
  });
}
