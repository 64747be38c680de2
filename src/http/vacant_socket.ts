import { SessionctlError } from "../errors.ts";
import { ownershipReason, printablePath, socketOwnership } from "../platform/mod.ts";
import { isListening } from "./dead_sockets.ts";

/**
 * Makes sure that a socket may be put at `path`: nothing is there, or a socket of ours
 * on which nobody answers any more.
 *
 * @param elsewhere What to do when it may not, as a hint.
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
