/**
 * The companion: the extension that registers its window with the registry. Installs it through the
 * windows' own command-line sockets, and asks windows that have it.
 */
export {
  type CompanionChange,
  companionVersion,
  installCompanion,
  isOlder,
  uninstallCompanion,
} from "./install.ts";
export { installWithProgram } from "./program.ts";
export { withPackageFile } from "./package.ts";
export { type ActivePlace, activePlace } from "./active_place.ts";
