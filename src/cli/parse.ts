import { SessionctlError } from "../platform/mod.ts";
import { allOptions, type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";

/** The arguments of one call of a subcommand. */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** Options of another program that were given and are ignored. */
  readonly ignored: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
}

function usage(message: string, hint?: string): SessionctlError {
  return new SessionctlError("USAGE", message, { hint });
}

/**
 * Parses a subcommand's arguments by its spec. Operands stay strings.
 *
 * @throws {SessionctlError} `USAGE` naming the unknown option, the option without a
 * value, or the surplus or missing operand.
 */
export async function parseArguments(
  args: readonly string[],
  spec: CommandSpec,
): Promise<ParsedArguments> {
  const given = new Given(spec);
  for (let at = 0; at < args.length;) {
    const unknown = given.take(args, at);
    if (typeof unknown === "string") throw await unknownOption(unknown, spec);
    at = unknown;
  }
  checkOperands(given.operands, spec);
  return {
    operands: given.operands,
    ignored: [...given.ignored],
    flag: (name) => given.flags.has(name),
    value: (name) => given.values.get(name)?.at(-1),
    list: (name) => given.values.get(name) ?? [],
  };
}

/**
 * What was given so far, in the manner of GNU getopt: options and operands in any
 * order, `--name=value` or `--name value`, `-abc` for `-a -b -c`, and nothing but
 * operands behind `--`. Written for its start-up time, which every command pays.
 */
class Given {
  readonly operands: string[] = [];
  readonly flags = new Set<string>();
  readonly values = new Map<string, string[]>();
  readonly ignored = new Set<string>();
  readonly #spec: CommandSpec;
  #onlyOperands = false;

  constructor(spec: CommandSpec) {
    this.#spec = spec;
  }

  #option(matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
    return this.#spec.options.find(matches) ?? globalOptions.find(matches);
  }

  /** Takes the argument at `at`. @returns the index of the next one, or the unknown option. */
  take(args: readonly string[], at: number): number | string {
    const arg = args[at]!;
    if (this.#onlyOperands || arg === "-" || !arg.startsWith("-")) {
      this.operands.push(arg);
      this.#onlyOperands ||= this.#spec.operandsEndOptions ?? false;
    } else if (arg === "--") this.#onlyOperands = true;
    else return arg.startsWith("--") ? this.#long(args, at) : this.#short(args, at);
    return at + 1;
  }

  #long(args: readonly string[], at: number): number | string {
    const arg = args[at]!;
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const attached = equals < 0 ? undefined : arg.slice(equals + 1);
    const plain = name.slice(2);
    const option = this.#option((option) => option.name === plain);
    if (option) return this.#set(option, attached, args, at);
    const { ignoredOptions = {} } = this.#spec;
    if (!Object.hasOwn(ignoredOptions, plain)) return name;
    this.ignored.add(plain);
    const takesNext = ignoredOptions[plain] && attached === undefined && isValue(args[at + 1]);
    return takesNext ? at + 2 : at + 1;
  }

  /** Letters in one word; the first that takes a value has the rest, or the next argument, for it. */
  #short(args: readonly string[], at: number): number | string {
    const word = args[at]!;
    for (let letter = 1; letter < word.length; letter++) {
      const option = this.#option(({ short }) => short === word[letter]);
      if (option === undefined) return `-${word[letter]}`;
      if (option.type === "flag") this.flags.add(option.name);
      else {
        const rest = word.slice(letter + 1);
        const attached = rest.startsWith("=") ? rest.slice(1) : rest;
        return this.#set(option, rest === "" ? undefined : attached, args, at);
      }
    }
    return at + 1;
  }

  #set(
    option: OptionSpec,
    attached: string | undefined,
    args: readonly string[],
    at: number,
  ): number {
    if (option.type === "flag") {
      if (attached !== undefined) throw usage(`--${option.name} takes no value`);
      this.flags.add(option.name);
      return at + 1;
    }
    const value = attached ?? (isValue(args[at + 1]) ? args[at + 1]! : "");
    if (value === "") throw usage(`--${option.name} needs a value: ${option.valueName}`);
    const values = this.values.get(option.name);
    if (values) values.push(value);
    else this.values.set(option.name, [value]);
    return attached === undefined ? at + 2 : at + 1;
  }
}

/** Whether an argument may be an option's value: what looks like an option is none. */
function isValue(arg: string | undefined): boolean {
  return arg !== undefined && (arg === "-" || !arg.startsWith("-"));
}

async function unknownOption(arg: string, spec: CommandSpec): Promise<SessionctlError> {
  const { didYouMean } = await import("./suggest.ts");
  const names = allOptions(spec).flatMap((option) => option.hidden ? [] : [`--${option.name}`]);
  const hint = didYouMean(arg, names) ??
    `sessionctl ${spec.name} --help lists the options`;
  return usage(`unknown option ${arg}`, hint);
}

function checkOperands(operands: readonly string[], spec: CommandSpec): void {
  const hint = `usage: ${usageLine(spec)}`;
  let least = 0;
  let most = 0;
  for (const { arity = "one" } of spec.operands) {
    if (arity === "one" || arity === "some") least++;
    most += arity === "any" || arity === "some" ? Infinity : 1;
  }
  if (operands.length < least) {
    throw usage(
      `${spec.name} needs ${spec.operands[operands.length]!.name}`,
      hint,
    );
  }
  if (operands.length > most) {
    throw usage(`unexpected operand ${JSON.stringify(operands[most])}`, hint);
  }
}

/** One line such as `sessionctl add [options] SOCKET FOLDER...`. */
export function usageLine(spec: CommandSpec): string {
  const operands = spec.operands.map(({ name, arity = "one" }) =>
    ({
      one: name,
      optional: `[${name}]`,
      any: `[${name}...]`,
      some: `${name}...`,
    })[arity]
  );
  return ["sessionctl", spec.name, "[options]", ...operands].join(" ");
}
