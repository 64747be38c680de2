import { allOptions, globalOptions } from "../mod.ts";
import type { CommandSpec, OptionSpec } from "../spec.ts";

/** Help is an action, and nobody wants it each time. */
const settable = ({ name }: OptionSpec) => name !== "help";

/** The options that can be set for all commands at once. */
export function settableGlobals(): OptionSpec[] {
  return globalOptions.filter(settable);
}

/** The options that can be set in a command's section. */
export function settableOptions(spec: CommandSpec): OptionSpec[] {
  return allOptions(spec).filter(settable);
}
