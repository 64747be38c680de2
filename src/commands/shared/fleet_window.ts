import { ExitCode, type Output } from "../../cli/mod.ts";
import { hasCode, messageOf, SessionctlError } from "../../errors.ts";
import { findAtHome, findOfHost } from "../../links/mod.ts";
import { namesHost } from "../../open/mod.ts";
import { fleetSocketPaths, printablePath, registrySocketCandidates } from "../../platform/mod.ts";
import { pathOperand } from "./arguments.ts";

/** Explains an error that the fleet answers for a host that it does not have. */
function unknownHost(error: unknown): never {
  if (!hasCode(error, "MESSAGE_UNREAD")) throw error;
  throw new SessionctlError("NOT_FOUND", messageOf(error), {
    hint: "sessionctl fleet status shows the hosts",
  });
}

/**
 * `find --fleet`: prints the host of the fleet and its window to which `open` would send a path.
 *
 * @param typed A path of this machine, or `HOST:/PATH`.
 * @throws {SessionctlError} `NOT_FOUND` if there is no such window, or this machine is in no fleet.
 */
export async function printFleetWindow(
  typed: string,
  output: Output,
  socket: string | undefined,
): Promise<number> {
  const [fleet] = fleetSocketPaths(registrySocketCandidates(socket));
  if (fleet === undefined) {
    throw new SessionctlError("NOT_FOUND", "the registry of this machine is in no fleet", {
      hint: "join one with: sessionctl serve --fleet URL",
    });
  }
  const at = typed.indexOf(":");
  const { home, window, authority } = namesHost(typed)
    ? await findOfHost(fleet, typed.slice(0, at), typed.slice(at + 1).replace(/(.)\/+$/s, "$1"))
      .catch(unknownHost)
    : await findAtHome(fleet, [pathOperand(typed, "PATH")]);
  if (window === null) {
    const path = printablePath(typed);
    throw new SessionctlError("NOT_FOUND", `no other machine of the fleet can show ${path}`, {
      hint: "sessionctl list --fleet shows its windows",
    });
  }
  const { name, folder } = window;
  if (output.json) output.value({ host: home.host, name, folder, authority });
  else {
    const folders = folder === null ? "(a new window)" : printablePath(folder);
    output.line(`${printablePath(home.host)}  ${printablePath(name)}  ${folders}`);
  }
  return ExitCode.Done;
}
