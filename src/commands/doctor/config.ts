import { checkConfig, type ConfigProblem } from "../../cli/config/mod.ts";
import type { CommandTable } from "../../cli/mod.ts";
import type { Check, Finding } from "../../doctor/mod.ts";
import { configFilePath, printablePath } from "../../platform/mod.ts";
import { quote } from "../../shell/mod.ts";
import { allSpecs } from "../shared/all_specs.ts";
import { configuredValues } from "../shared/configured_values.ts";

/** The problems of the config file. */
export const configCheck = (commands: CommandTable): Check => ({
  name: "config",
  async run() {
    const path = configFilePath();
    if (path === undefined) return [{ severity: "ok", text: "no config file is read" }];
    const shown = printablePath(path);
    const { exists, problems } = await checkConfig(path, await allSpecs(commands));
    if (!exists && problems.length === 0) return [{ severity: "ok", text: `there is no ${shown}` }];
    if (problems.length === 0) return [{ severity: "ok", text: shown }];
    return problems.map((problem): Finding => {
      const fix = fixOf(problem, path);
      const { text, hint, line } = problem;
      const details = hint === undefined || line === undefined ? undefined : [hint];
      return { severity: "problem", text, details, fix };
    });
  },
});

function fixOf({ refused, line, column }: ConfigProblem, path: string): string | undefined {
  const file = quote("posix", path);
  if (refused === "missing") return "sessionctl config --init";
  if (refused === "writable") return `chmod go-w ${file}`;
  if (refused === "foreign") {
    return `mv -f ${file} ${quote("posix", `${path}.foreign`)}; sessionctl config --init`;
  }
  return line === undefined
    ? undefined
    : `sessionctl open ${quote("posix", `${path}:${line}:${column}`)}`;
}

/** The config file's value of `launch` for `open`. */
export async function configuredLaunch(commands: CommandTable): Promise<string | undefined> {
  const { spec } = (await commands.open!()).command;
  const value = (await configuredValues(spec, commands))?.get("launch")?.value;
  return Array.isArray(value) ? value.at(-1) : undefined;
}
