import { dirname, join } from "@std/path/posix";
import { registrySocketCandidates } from "./paths.ts";
import { usesPipes } from "./pipe_name.ts";

/** The name of the socket on which a registry answers for its fleet, beside the registry's own. */
export const FLEET_SOCKET = "fleet.sock";

/**
 * The sockets of fleets beside the registries of this user, live or not; none on Windows. This only
 * looks for files, so that a machine without a fleet loads nothing more for it.
 */
export function fleetSocketPaths(
  candidates: readonly string[] = registrySocketCandidates(),
): string[] {
  if (usesPipes()) return [];
  const found = new Set<string>();
  for (const candidate of candidates) {
    const path = join(dirname(candidate), FLEET_SOCKET);
    try {
      if (Deno.lstatSync(path).isSocket) found.add(path);
    } catch {
      // Missing, or not visible to this user.
    }
  }
  return [...found];
}
