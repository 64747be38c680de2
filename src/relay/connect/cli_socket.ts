import { basename } from "@std/path/posix";
import { SessionctlError } from "../../errors.ts";
import { CLI_SOCKET_NAME, printablePath, realPathOf } from "../../platform/mod.ts";

/** Whether a path, or what a link there leads to, has the name of an editor's CLI socket. */
export function isCliSocket(path: string): boolean {
  return [path, realPathOf(path)].some((one) => CLI_SOCKET_NAME.test(basename(one)));
}

/**
 * An editor's CLI socket is never a target: whoever reaches it can run commands, whatever
 * stands in front of it.
 *
 * @throws {SessionctlError} `NOT_ALLOWED`.
 */
export function checkNoCliSocket(path: string): void {
  if (!isCliSocket(path)) return;
  throw new SessionctlError(
    "NOT_ALLOWED",
    `${printablePath(path)} is an editor's CLI socket, whose clients can run commands`,
    { hint: "use the socket on which the editor serves its page (code-server --socket)" },
  );
}
