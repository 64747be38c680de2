import { settingsFor } from "../../cli/config/mod.ts";
import type { CommandSpec, CommandTable } from "../../cli/mod.ts";
import { configFilePath } from "../../platform/mod.ts";

/**
 * Reads what the config file sets for a command other than the one that runs.
 *
 * @returns the values by the options' names; undefined where no config file is read.
 */
export async function configuredValues(spec: CommandSpec, commands: CommandTable) {
  const path = configFilePath();
  if (path === undefined) return undefined;
  return (await settingsFor(path, spec, Object.keys(commands))).values;
}
