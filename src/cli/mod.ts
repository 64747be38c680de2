export type { Command, CommandContext, CommandTable } from "./command.ts";
export { main, unknownName } from "./dispatch.ts";
export { formatAge, formatBytes, formatCount, parseDuration } from "./quantity.ts";
export { ExitCode, exitCodeOf } from "./exit_code.ts";
export type { Output } from "./output.ts";
export { parseArguments, type ParsedArguments, usage, usageLine } from "./parse.ts";
export { allOptions, type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
export { VERSION } from "./version.ts";
