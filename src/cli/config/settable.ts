import { allOptions, globalOptions } from "../mod.ts";
import type { CommandSpec, OptionSpec } from "../spec.ts";

const settable = ({ oneCall }: OptionSpec) => !oneCall;

/** The options that can be set for all commands at once. */
export function settableGlobals(): OptionSpec[] {
  return globalOptions.filter(settable);
}

/** The options that can be set in a command's section. */
export function settableOptions(spec: CommandSpec): OptionSpec[] {
  return allOptions(spec).filter(settable);
}
