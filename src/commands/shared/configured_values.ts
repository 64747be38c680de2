import { settingsFor } from "../../cli/config/mod.ts";
import type { CommandSpec, CommandTable } from "../../cli/mod.ts";
import { configFilePath } from "../../platform/mod.ts";

/** What the config file sets for another command than the one that runs, by the options' names. */
export async function configuredValues(spec: CommandSpec, commands: CommandTable) {
  const path = configFilePath();
  if (path === undefined) return undefined;
  return (await settingsFor(path, spec, Object.keys(commands))).values;
}
