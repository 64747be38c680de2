import { type ParsedArguments, resolveArguments, type Settings, type Words } from "./arguments.ts";
import { allOptions, type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
import { usage, usageLine } from "./usage.ts";

/** A mistake on a command line. */
export interface Mistake {
  readonly message: string;
  readonly hint: string;
  /** The typed word and the valid words, for a suggestion. */
  readonly near?: {
    readonly typed: string;
    readonly among: readonly string[];
    /** Whether the hint is useful beside a suggestion. */
    readonly keepHint: boolean;
  };
}

/** The outcome of reading the words of a subcommand. */
export type ParseResult =
  /** `--help` or `-h` is among the words. */
  | { readonly kind: "help" }
  /** The first mistake. */
  | { readonly kind: "wrong"; readonly mistake: Mistake }
  | { readonly kind: "words"; readonly words: Words };

/**
 * Reads the words of a subcommand by its spec, in one pass.
 *
 * `--help` and `-h` (also within `-ah`) count wherever they stand before a `--` or the command
 * that `run` starts, even beside a mistake.
 */
export function readCommandLine(args: readonly string[], spec: CommandSpec): ParseResult {
  const given = new Given(spec);
  let mistake: Mistake | undefined;
  for (let at = 0; at < args.length;) {
    const next = given.take(args, at);
    if (typeof next === "number") at = next;
    else {
      mistake ??= typeof next === "string" ? unknownOption(next, spec) : next;
      at++;
    }
  }
  if (given.flags.get("help")) return { kind: "help" };
  mistake ??= wrongOperands(given.operands, spec) ?? wrongChoice(given, spec);
  return mistake ? { kind: "wrong", mistake } : { kind: "words", words: given };
}

/**
 * Parses the arguments of a subcommand that runs later or in another process.
 *
 * @throws {SessionctlError} `USAGE`: the first mistake, or `--help`.
 */
export function parseArguments(
  args: readonly string[],
  spec: CommandSpec,
  settings?: Settings,
): ParsedArguments {
  const line = readCommandLine(args, spec);
  if (line.kind === "words") return resolveArguments(line.words, spec, settings);
  throw line.kind === "wrong"
    ? usage(line.mistake.message, line.mistake.hint)
    : usage(`${spec.name} --help only prints its help`);
}

/**
 * Collects the arguments in the style of GNU getopt: options and operands in any order,
 * `--name=value` or `--name value`, `-abc` for `-a -b -c`, `--no-name` to unset a flag that the
 * config file sets, and only operands after `--`. It is optimized for start-up time, which affects
 * every command.
 */
class Given {
  readonly operands: string[] = [];
  readonly flags = new Map<string, boolean>();
  readonly values = new Map<string, string[]>();
  readonly ignored = new Set<string>();
  operandsBeforeDashes: number | undefined;
  readonly #spec: CommandSpec;

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
   * Processes the argument at `at`.
   *
   * @returns the index of the next one, the unknown option, or the mistake in the value.
   */
  take(args: readonly string[], at: number): number | string | Mistake {
    const arg = args[at]!;
    const onlyOperands = this.operandsBeforeDashes !== undefined ||
      (this.#spec.operandsEndOptions && this.operands.length > 0);
    if (onlyOperands || arg === "-" || !arg.startsWith("-")) this.operands.push(arg);
    else if (arg === "--") this.operandsBeforeDashes = this.operands.length;
    else return arg.startsWith("--") ? this.#long(args, at) : this.#short(args, at);
    return at + 1;
  }

  #long(args: readonly string[], at: number): number | string | Mistake {
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
    const ignoredOptions = this.#spec.ignoredOptions?.() ?? {};
    if (!Object.hasOwn(ignoredOptions, plain)) return name;
    this.ignored.add(plain);
    return at + (ignoredOptions[plain] ? wordsOfValue(attached, args[at + 1]) : 1);
  }

  /**
   * Letters in one word. The first that takes a value uses the rest, or the next argument, for it.
   */
  #short(args: readonly string[], at: number): number | string | Mistake {
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
  ): number | Mistake {
    if (option.type === "flag") {
      if (attached !== undefined) return mistake(`--${option.name} takes no value`, this.#spec);
      this.flags.set(option.name, true);
      return at + 1;
    }
    const words = wordsOfValue(attached, args[at + 1]);
    const value = attached ?? (words === 2 ? args[at + 1]! : "");
    if (value === "" && !option.mayBeEmpty) {
      return mistake(`--${option.name} needs a value: ${option.valueName}`, this.#spec);
    }
    const values = this.values.get(option.name);
    if (values) values.push(value);
    else this.values.set(option.name, [value]);
    return at + words;
  }
}

function mistake(message: string, spec: CommandSpec): Mistake {
  return { message, hint: `usage: ${usageLine(spec)}` };
}

/** The first value of an option or operand that is not among its choices. */
function wrongChoice(given: Given, spec: CommandSpec): Mistake | undefined {
  for (const [name, values] of given.values) {
    const kind = given.option((option) => option.name === name)?.kind;
    const wrong = notAmong(kind, values, `--${name}`);
    if (wrong) return wrong;
  }
  for (const [at, { name, kind }] of spec.operands.entries()) {
    const wrong = notAmong(kind, given.operands.slice(at, at + 1), name);
    if (wrong) return wrong;
  }
  return undefined;
}

function notAmong(
  kind: OptionSpec["kind"],
  values: readonly string[],
  what: string,
): Mistake | undefined {
  if (typeof kind !== "object") return undefined;
  const typed = values.find((value) => !kind.includes(value));
  if (typed === undefined) return undefined;
  return {
    message: what.includes("|")
      ? `unexpected operand ${JSON.stringify(typed)}`
      : `${what} cannot be ${JSON.stringify(typed)}`,
    hint: `choose one of ${kind.join(", ")}`,
    near: { typed, among: kind, keepHint: true },
  };
}

/** Number of words of an option with a value. A word that looks like an option is not a value. */
function wordsOfValue(attached: string | undefined, next: string | undefined): 1 | 2 {
  return attached === undefined && (next === "-" || next?.startsWith("-") === false) ? 2 : 1;
}

function unknownOption(arg: string, spec: CommandSpec): Mistake {
  const names = allOptions(spec).flatMap((option) => option.hidden ? [] : [`--${option.name}`]);
  const { name, operands: [operand], operandsEndOptions } = spec;
  const elsewhere = operandsEndOptions
    ? `options of the other program go after ${operand?.name}`
    : "put -- before a name that begins with a dash";
  return {
    message: `unknown option ${arg}`,
    hint: `sessionctl ${name} --help lists the options` + (operand ? `; ${elsewhere}` : ""),
    near: { typed: arg, among: names, keepHint: false },
  };
}

/** The mistake of too few or too many operands. */
function wrongOperands(operands: readonly string[], spec: CommandSpec): Mistake | undefined {
  let least = 0;
  let most = 0;
  for (const { arity = "one" } of spec.operands) {
    if (arity === "one" || arity === "some") least++;
    most += arity === "any" || arity === "some" ? Infinity : 1;
  }
  if (operands.length < least) {
    const { name } = spec.operands[operands.length]!;
    const choices = name.includes("|") ? `one of ${name.replaceAll("|", ", ")}` : name;
    return mistake(`${spec.name} needs ${choices}`, spec);
  }
  if (operands.length > most) {
    return mistake(`unexpected operand ${JSON.stringify(operands[most])}`, spec);
  }
  return undefined;
}
