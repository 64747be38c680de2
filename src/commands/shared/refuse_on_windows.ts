import { SessionctlError } from "../../errors.ts";
import { system } from "../../platform/mod.ts";

/**
 * Rejects commands that need Unix sockets, signals or file descriptors.
 *
 * @param what The command or option, as on the command line.
 * @throws {SessionctlError} `NOT_SUPPORTED` on Windows.
 */
export function refuseOnWindows(what: string): void {
  if (system.os !== "windows") return;
  throw new SessionctlError("NOT_SUPPORTED", `${what} is not available on Windows`, {
    hint: "run it in WSL, or on the machine where the editor's server runs",
  });
}
