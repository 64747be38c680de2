import { settingsFor } from "../../cli/config/mod.ts";
import type { CommandSpec, CommandTable } from "../../cli/mod.ts";
import { configFilePath } from "../../platform/mod.ts";

/**
 * Reads the values that the config file sets for another command.
 *
 * @returns the values by option name; undefined if no config file is read.
 */
export async function configuredValues(spec: CommandSpec, commands: CommandTable) {
  const path = configFilePath();
  if (path === undefined) return undefined;
  return (await settingsFor(path, spec, Object.keys(commands))).values;
}
