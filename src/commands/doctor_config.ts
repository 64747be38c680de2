import { checkConfig, settingsFor } from "../cli/config/mod.ts";
import type { Check, Finding } from "../doctor/mod.ts";
import { configFilePath, printablePath, shellQuote } from "../platform/mod.ts";
import { openSpec } from "./open_spec.ts";
import { allSpecs } from "./all_specs.ts";

/** What is wrong in the config file. */
export const configCheck: Check = {
  name: "config",
  async run() {
    const path = configFilePath();
    if (path === undefined) return [{ severity: "ok", text: "no config file is read" }];
    const shown = printablePath(path);
    const { exists, problems } = checkConfig(path, await allSpecs());
    if (!exists) return [{ severity: "ok", text: `there is no ${shown}` }];
    if (problems.length === 0) return [{ severity: "ok", text: shown }];
    return problems.map(({ text, hint, fix, line, column }): Finding => ({
      severity: "problem",
      text,
      details: hint === undefined || fix !== undefined ? [] : [hint],
      fix: fix ??
        (line === undefined
          ? undefined
          : `sessionctl open ${shellQuote(`${path}:${line}:${column}`)}`),
    }));
  },
};

/** The config file's `launch` of `open`. */
export function configuredLaunch(): string | undefined {
  const path = configFilePath();
  const value = path && settingsFor(path, openSpec, [openSpec.name]).values.get("launch")?.value;
  return Array.isArray(value) ? value.at(-1) : undefined;
}
