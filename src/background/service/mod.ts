/** The system's service managers: systemd with its units, launchd with its agents. */
export { installService, readOwn, type ServiceChange, uninstallService } from "./install.ts";
export { socketUnitOf } from "./systemd.ts";
export {
  packagedRegistryUnits,
  REGISTRY_DESCRIPTION,
  REGISTRY_RUNTIME_PATH,
  UNDER_SOCKET_UNIT,
} from "./systemd_units.ts";
export type { ManagedService, ServiceFile, ServiceManager, ServiceSocket, Step } from "./types.ts";

import { SessionctlError } from "../../errors.ts";
import { system } from "../../platform/mod.ts";
import { launchd } from "./launchd.ts";
import { runStep } from "./run_step.ts";
import { systemd } from "./systemd.ts";
import type { ServiceManager } from "./types.ts";

/**
 * The service manager of this system, or the named one.
 *
 * @throws {SessionctlError} `NOT_SUPPORTED` on Windows.
 */
export function serviceManager(kind?: "systemd" | "launchd"): ServiceManager {
  const chosen = kind ?? { linux: "systemd", darwin: "launchd", windows: undefined }[system.os];
  if (chosen === undefined) {
    throw new SessionctlError("NOT_SUPPORTED", "services are not supported on Windows", {
      hint: "install it where the editor's server runs: in WSL, a container or over ssh",
    });
  }
  return chosen === "launchd" ? launchd : systemd;
}

/**
 * Whether the user's services continue without a login. Source: loginctl(1), "enable-linger".
 *
 * @returns undefined if this is unknown.
 */
export async function lingers(): Promise<boolean | undefined> {
  const user = Deno.env.get("USER") ?? Deno.env.get("LOGNAME");
  if (!user) return undefined;
  const shown = await runStep(["loginctl", "show-user", user, "-p", "Linger", "--value"]);
  return shown.ok ? shown.stdout === "yes" : undefined;
}
