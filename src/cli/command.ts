import type { Output } from "./output.ts";
import type { ParsedArguments } from "./parse.ts";
import type { CommandSpec } from "./spec.ts";

/** What a subcommand is given. */
export interface CommandContext {
  readonly args: ParsedArguments;
  readonly output: Output;
  /** The `--socket` option, or the config file's; what the variable names is not in it. */
  readonly socket: string | undefined;
  /** Every subcommand; whoever imports the table parts it from the entry, which costs each start. */
  readonly commands: CommandTable;
}

/** A subcommand: parses no more than its own arguments, calls a domain module, prints. */
export interface Command {
  readonly spec: CommandSpec;
  /** @returns the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** The subcommands by name, each loaded when it is asked for. */
export type CommandTable = Readonly<
  Record<string, () => Promise<{ command: Command }>>
>;
