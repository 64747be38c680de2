/** The config file: read, checked against the commands' specs, with lines and columns. */
export type { ConfigProblem } from "./document.ts";
export { checkConfig, type CheckedConfig } from "./check.ts";
export { type CommandSettings, type Setting, settingsFor } from "./settings.ts";
export { configTemplate } from "./template.ts";
