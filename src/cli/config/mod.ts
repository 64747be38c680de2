/**
 * The config file: reading it, and checking it against the commands' specs, with lines and columns.
 * The parser that reports positions loads only if there is a problem to report.
 */
import type { CommandSpec } from "../spec.ts";
import type { CheckedConfig } from "./check.ts";
import { readConfigFile } from "./file.ts";
import { quickSettings } from "./quick.ts";
import type { CommandSettings } from "./settings.ts";

export type { CheckedConfig } from "./check.ts";
export type { ConfigProblem } from "./document.ts";
export type { CommandSettings, Setting } from "./settings.ts";

/**
 * The settings of the config file at `path` for one command.
 *
 * @param commands The names of all commands.
 */
export async function settingsFor(
  path: string,
  spec: CommandSpec,
  commands: readonly string[],
): Promise<CommandSettings> {
  const { text, problem } = readConfigFile(path);
  if (text === undefined) return { values: new Map(), problems: problem ? [problem] : [] };
  const values = quickSettings(text, spec, commands);
  if (values) return { values, problems: [] };
  const { settingsOf } = await import("./settings.ts");
  return settingsOf(path, text, spec, commands);
}

/** Checks the whole config file against the specs of all commands. */
export async function checkConfig(
  path: string,
  specs: readonly CommandSpec[],
): Promise<CheckedConfig> {
  const { checkConfig } = await import("./check.ts");
  return checkConfig(path, specs);
}

/** A config file that sets nothing and shows everything that can be set. */
export async function configTemplate(specs: readonly CommandSpec[]): Promise<string> {
  const { configTemplate } = await import("./template.ts");
  return configTemplate(specs);
}
