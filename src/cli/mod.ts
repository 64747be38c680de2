export { type ParsedArguments, resolveArguments } from "./arguments.ts";
export {
  type Command,
  type CommandContext,
  type CommandDefinition,
  type CommandTable,
  defineCommand,
  type Invocation,
} from "./command.ts";
export { ExitCode, exitCodeOf } from "./exit_code.ts";
export { type Arguments, type Option, option, type Options } from "./options.ts";
export { createOutput, type Output } from "./output.ts";
export { durationText, formatAge, formatBytes, formatCount } from "./quantity.ts";
export { type Mistake, parseArguments, readCommandLine } from "./parse.ts";
export { allOptions, type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
export { usage, usageLine } from "./usage.ts";
export { VERSION } from "./version.ts";
