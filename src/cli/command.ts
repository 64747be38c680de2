import type { SessionctlError } from "../errors.ts";
import type { ParsedArguments } from "./arguments.ts";
import { type Arguments, type Options, optionSpecs } from "./options.ts";
import type { Output } from "./output.ts";
import type { CommandSpec } from "./spec.ts";

/** A call of a subcommand, before its options have types. */
export interface Invocation {
  /** The arguments as given: sources and texts. */
  readonly given: ParsedArguments;
  readonly output: Output;
  /** The words after the command's name, as typed. */
  readonly words: readonly string[];
  /** The name of a link, such as `code`, by which the program was called as an editor. */
  readonly calledAs?: string;
  /** The value of `--socket` or of the config file, but not of the variable. */
  readonly socket: string | undefined;
  /** All subcommands. A module that imported the table would load it in a file of its own. */
  readonly commands: CommandTable;
  /** Creates the error for an unknown command, with the one that was probably meant. */
  unknownName(name: string): Promise<SessionctlError>;
}

/** The argument of a subcommand's function; `A` is the type of its options' values. */
export interface CommandContext<A = unknown> extends Invocation {
  /** The options' values, by key. */
  readonly args: A;
  readonly operands: readonly string[];
}

/** A subcommand: its spec, and the function that carries out a call. */
export interface Command {
  readonly spec: CommandSpec;
  /** @returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** The subcommands by name, each loaded on demand. */
export type CommandTable = Readonly<
  Record<string, () => Promise<{ command: Command }>>
>;

/** The definition of a subcommand: its spec, its options and its function. */
export interface CommandDefinition<O extends Options> extends Omit<CommandSpec, "options"> {
  readonly options: O;
  /** @returns the exit code. */
  run(context: CommandContext<Arguments<O>>): Promise<number>;
}

/**
 * Defines a subcommand whose arguments have the types that its options declare.
 *
 * @example
 * ```ts
 * export const command = defineCommand({
 *   name: "wait",
 *   summary: "Wait for a while",
 *   operands: [],
 *   options: { howLong: option.duration({ summary: "The time to wait", default: "1s" }) },
 *   examples: [],
 *   async run({ args }) {
 *     await delay(args.howLong); // Milliseconds.
 *     return ExitCode.Done;
 *   },
 * });
 * ```
 */
export function defineCommand<const O extends Options>(definition: CommandDefinition<O>): Command {
  const { run, options, ...rest } = definition;
  return {
    spec: { ...rest, options: optionSpecs(options) },
    run: (invocation) =>
      run({
        ...invocation,
        args: invocation.given.typed as Arguments<O>,
        operands: invocation.given.operands,
      }),
  };
}
