/** The system's service managers: units of systemd, agents of launchd. */
export { installService, readOwn, type ServiceChange, uninstallService } from "./install.ts";
export { lingers } from "./linger.ts";
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
import { systemd } from "./systemd.ts";
import type { ServiceManager } from "./types.ts";

/**
 * The service manager of this system, or the one that is named.
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
