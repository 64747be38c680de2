import type { SessionctlError } from "../platform/mod.ts";
import { type ParsedArguments, resolveArguments, type Settings } from "./arguments.ts";
import { allOptions, type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
import { usage, usageLine } from "./usage.ts";

/** The outcome of parsing the arguments of a subcommand. */
export type CommandLine =
  /** `--help` or `-h` is among them. */
  | { readonly kind: "help" }
  /** The first mistake. */
  | { readonly kind: "wrong"; readonly error: SessionctlError }
  | { readonly kind: "arguments"; readonly args: ParsedArguments };

/**
 * Parses a subcommand's arguments by its spec, in one pass.
 *
 * `--help` and `-h` (also within `-ah`) count wherever they stand before a `--` or the command
 * that `run` starts, even beside a mistake.
 *
 * @param settings Reads what the config file sets; called only for a command line without mistakes
 * in its syntax.
 * @returns help, the first mistake (a `USAGE` error that names the option or operand), or the
 * arguments.
 * @throws whatever `settings` throws.
 */
export async function parseCommandLine(
  args: readonly string[],
  spec: CommandSpec,
  settings: () => Promise<Settings | undefined> = () => Promise.resolve(undefined),
): Promise<CommandLine> {
  const given = new Given(spec);
  let mistake: SessionctlError | string | undefined;
  for (let at = 0; at < args.length;) {
    const next = given.take(args, at);
    if (typeof next === "number") at = next;
    else {
      mistake ??= next;
      at++;
    }
  }
  if (given.flags.get("help")) return { kind: "help" };
  if (typeof mistake === "string") mistake = await unknownOption(mistake, spec);
  mistake ??= wrongOperands(given.operands, spec) ?? await wrongChoice(given, spec);
  if (mistake) return { kind: "wrong", error: mistake };
  const resolved = resolveArguments(given, spec, await settings());
  return "error" in resolved
    ? { kind: "wrong", error: resolved.error }
    : { kind: "arguments", args: resolved.args };
}

/**
 * Parses the arguments of a subcommand that is to run later, or elsewhere.
 *
 * @throws {SessionctlError} `USAGE`: the first mistake, or `--help`.
 */
export async function parseArguments(
  args: readonly string[],
  spec: CommandSpec,
  settings?: Settings,
): Promise<ParsedArguments> {
  const line = await parseCommandLine(args, spec, () => Promise.resolve(settings));
  if (line.kind === "arguments") return line.args;
  throw line.kind === "wrong" ? line.error : usage(`${spec.name} --help only prints its help`);
}

/**
 * The arguments given so far, in the manner of GNU getopt: options and operands in any
 * order, `--name=value` or `--name value`, `-abc` for `-a -b -c`, `--no-name` to unset a
 * flag that the config file sets, and nothing but operands behind `--`. Written for its
 * start-up time, which every command pays.
 */
class Given {
  readonly operands: string[] = [];
  readonly flags = new Map<string, boolean>();
  readonly values = new Map<string, string[]>();
  readonly ignored = new Set<string>();
  readonly #spec: CommandSpec;
  #onlyOperands = false;

  constructor(spec: CommandSpec) {
    this.#spec = spec;
  }

  has(name: string): boolean {
    return this.flags.has(name) || this.values.has(name);
  }

  option(matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
    return this.#spec.options.find(matches) ?? globalOptions.find(matches);
  }

  /**
   * Takes the argument at `at`.
   *
   * @returns the index of the next one, the unknown option, or what is wrong with the value.
   */
  take(args: readonly string[], at: number): number | string | SessionctlError {
    const arg = args[at]!;
    if (this.#onlyOperands || arg === "-" || !arg.startsWith("-")) {
      this.operands.push(arg);
      this.#onlyOperands ||= this.#spec.operandsEndOptions ?? false;
    } else if (arg === "--") this.#onlyOperands = true;
    else return arg.startsWith("--") ? this.#long(args, at) : this.#short(args, at);
    return at + 1;
  }

  #long(args: readonly string[], at: number): number | string | SessionctlError {
    const arg = args[at]!;
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const attached = equals < 0 ? undefined : arg.slice(equals + 1);
    const plain = name.slice(2);
    const option = this.option((option) => option.name === plain);
    if (option) return this.#set(option, attached, args, at);
    const unset = plain.startsWith("no-") && attached === undefined
      ? this.option((option) => option.type === "flag" && `no-${option.name}` === plain)
      : undefined;
    if (unset) {
      this.flags.set(unset.name, false);
      return at + 1;
    }
    const { ignoredOptions = {} } = this.#spec;
    if (!Object.hasOwn(ignoredOptions, plain)) return name;
    this.ignored.add(plain);
    const takesNext = ignoredOptions[plain] && attached === undefined && isValue(args[at + 1]);
    return takesNext ? at + 2 : at + 1;
  }

  /** Letters in one word; the first that takes a value has the rest, or the next argument, for it. */
  #short(args: readonly string[], at: number): number | string | SessionctlError {
    const word = args[at]!;
    const flags: string[] = [];
    for (let letter = 1; letter < word.length; letter++) {
      const option = this.option(({ short }) => short === word[letter]);
      if (option === undefined) {
        return word.length > 2 ? `-${word[letter]} (in ${word})` : word;
      }
      if (option.type === "flag") flags.push(option.name);
      else {
        for (const name of flags) this.flags.set(name, true);
        const rest = word.slice(letter + 1);
        const attached = rest.startsWith("=") ? rest.slice(1) : rest;
        return this.#set(option, rest === "" ? undefined : attached, args, at);
      }
    }
    for (const name of flags) this.flags.set(name, true);
    return at + 1;
  }

  #set(
    option: OptionSpec,
    attached: string | undefined,
    args: readonly string[],
    at: number,
  ): number | SessionctlError {
    if (option.type === "flag") {
      if (attached !== undefined) return usage(`--${option.name} takes no value`);
      this.flags.set(option.name, true);
      return at + 1;
    }
    const value = attached ?? (isValue(args[at + 1]) ? args[at + 1]! : "");
    if (value === "") return usage(`--${option.name} needs a value: ${option.valueName}`);
    const values = this.values.get(option.name);
    if (values) values.push(value);
    else this.values.set(option.name, [value]);
    return attached === undefined ? at + 2 : at + 1;
  }
}

/** The first value, of an option or an operand, that is not among its choices. */
async function wrongChoice(given: Given, spec: CommandSpec): Promise<SessionctlError | undefined> {
  for (const [name, values] of given.values) {
    const kind = given.option((option) => option.name === name)?.kind;
    const error = await notAmong(kind, values, `--${name}`);
    if (error) return error;
  }
  for (const [at, { name, kind }] of spec.operands.entries()) {
    const error = await notAmong(kind, given.operands.slice(at, at + 1), name);
    if (error) return error;
  }
  return undefined;
}

async function notAmong(
  kind: OptionSpec["kind"],
  values: readonly string[],
  what: string,
): Promise<SessionctlError | undefined> {
  if (typeof kind !== "object") return undefined;
  const value = values.find((value) => !kind.includes(value));
  if (value === undefined) return undefined;
  const { didYouMean } = await import("./suggest.ts");
  const nearest = didYouMean(value, kind);
  const all = `choose one of ${kind.join(", ")}`;
  return usage(`${what} cannot be ${JSON.stringify(value)}`, nearest ? `${nearest} ${all}` : all);
}

/** Whether an argument may be an option's value. A word that looks like an option may not. */
function isValue(arg: string | undefined): boolean {
  return arg !== undefined && (arg === "-" || !arg.startsWith("-"));
}

async function unknownOption(arg: string, spec: CommandSpec): Promise<SessionctlError> {
  const { didYouMean } = await import("./suggest.ts");
  const names = allOptions(spec).flatMap((option) => option.hidden ? [] : [`--${option.name}`]);
  const { name, operands } = spec;
  const hint = didYouMean(arg, names) ??
    `sessionctl ${name} --help lists the options` +
      (operands.length > 0 ? "; a name that begins with a dash goes behind --" : "");
  return usage(`unknown option ${arg}`, hint);
}

/** The error for too few or too many operands. */
function wrongOperands(
  operands: readonly string[],
  spec: CommandSpec,
): SessionctlError | undefined {
  const hint = `usage: ${usageLine(spec)}`;
  let least = 0;
  let most = 0;
  for (const { arity = "one" } of spec.operands) {
    if (arity === "one" || arity === "some") least++;
    most += arity === "any" || arity === "some" ? Infinity : 1;
  }
  if (operands.length < least) {
    return usage(`${spec.name} needs ${spec.operands[operands.length]!.name}`, hint);
  }
  if (operands.length > most) {
    return usage(`unexpected operand ${JSON.stringify(operands[most])}`, hint);
  }
  return undefined;
}
