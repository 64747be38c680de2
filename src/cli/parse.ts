import { SessionctlError, system } from "../platform/mod.ts";
import {
  allOptions,
  type CommandSpec,
  globalOptions,
  type OptionSpec,
  type ValueKind,
} from "./spec.ts";

/**
 * The arguments of one call of a subcommand. What was not given comes from the option's
 * environment variable, and else from the config file.
 */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** Options of another program that were given and are ignored. */
  readonly ignored: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
  /** Where an option's value comes from; undefined if it has none. */
  source(name: string): ArgumentSource | undefined;
}

export type ArgumentSource = "flag" | "environment" | "file";

/** What the config file sets for a command: values by the option's name. */
export type Settings = ReadonlyMap<string, { readonly value: boolean | readonly string[] }>;

const noSettings: Settings = new Map();

/** The error of a command line that is wrong. */
export function usage(message: string, hint?: string): SessionctlError {
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
  settings: Settings = noSettings,
): Promise<ParsedArguments> {
  const given = new Given(spec);
  for (let at = 0; at < args.length;) {
    const unknown = given.take(args, at);
    if (typeof unknown === "string") throw await unknownOption(unknown, spec);
    at = unknown;
  }
  checkOperands(given.operands, spec);
  const wrong = given.wrongChoice();
  if (wrong) throw await notAChoice(wrong);
  return withDefaults(given, spec, settings);
}

/**
 * Whether they ask for help, as `--help` or `-h` (also within `-ah`), wherever it stands
 * before a `--` or the command that is to be run, and beside what would be an error.
 */
export function asksForHelp(args: readonly string[], spec: CommandSpec): boolean {
  const given = new Given(spec);
  for (let at = 0; at < args.length;) {
    try {
      const next = given.take(args, at);
      if (typeof next === "number") {
        if (given.flags.get("help")) return true;
        at = next;
        continue;
      }
      given.flags.delete("help"); // A word such as -ash.ts is a mistake as a whole.
    } catch { /* Told when they are parsed. */ }
    at++;
  }
  return false;
}

/** What was given goes before the environment, and that before the config file. */
function withDefaults(given: Given, spec: CommandSpec, settings: Settings): ParsedArguments {
  const find = (name: string): { source?: ArgumentSource; value?: boolean | readonly string[] } => {
    const value = given.flags.get(name) ?? given.values.get(name);
    if (value !== undefined) return { source: "flag", value };
    const option = spec.options.find((option) => option.name === name) ??
      globalOptions.find((option) => option.name === name);
    const variable = option?.env === undefined ? undefined : system.env(option.env);
    if (variable !== undefined) {
      if (option?.envReadElsewhere) return { source: "environment" };
      const value = option?.type === "flag" ? variable === "1" : [variable];
      return { source: "environment", value };
    }
    const setting = settings.get(name);
    if (setting === undefined || given.has(opposite(name))) return {};
    const replaced = spec.options.some((one) => one.instead?.includes(name) && given.has(one.name));
    return replaced ? {} : { source: "file", value: setting.value };
  };
  const list = (name: string) => {
    const { value } = find(name);
    return Array.isArray(value) ? value as readonly string[] : [];
  };
  return {
    operands: given.operands,
    ignored: [...given.ignored],
    flag: (name) => find(name).value === true,
    value: (name) => list(name).at(-1),
    list,
    source: (name) => find(name).source,
  };
}

/** Of `--state` and `--no-state` the one that was given takes the other's setting away. */
function opposite(name: string): string {
  return name.startsWith("no-") ? name.slice("no-".length) : `no-${name}`;
}

/**
 * What was given so far, in the manner of GNU getopt: options and operands in any
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

  #option(matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
    return this.#spec.options.find(matches) ?? globalOptions.find(matches);
  }

  /** The first value that is none of those its option or operand can have. */
  wrongChoice(): WrongChoice | undefined {
    for (const [name, values] of this.values) {
      const wrong = notAmong(this.#option((option) => option.name === name)?.kind, values);
      if (wrong) return { what: `--${name}`, ...wrong };
    }
    for (const [at, { name, kind }] of this.#spec.operands.entries()) {
      const wrong = notAmong(kind, this.operands.slice(at, at + 1));
      if (wrong) return { what: name, ...wrong };
    }
    return undefined;
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
    const unset = plain.startsWith("no-") && attached === undefined
      ? this.#option((option) => option.type === "flag" && `no-${option.name}` === plain)
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
  #short(args: readonly string[], at: number): number | string {
    const word = args[at]!;
    for (let letter = 1; letter < word.length; letter++) {
      const option = this.#option(({ short }) => short === word[letter]);
      if (option === undefined) {
        return word.length > 2 ? `-${word[letter]} (in ${word})` : word;
      }
      if (option.type === "flag") this.flags.set(option.name, true);
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
      this.flags.set(option.name, true);
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

interface WrongChoice {
  readonly what: string;
  readonly value: string;
  readonly choices: readonly string[];
}

function notAmong(
  kind: ValueKind | undefined,
  values: readonly string[],
): Omit<WrongChoice, "what"> | undefined {
  if (typeof kind !== "object") return undefined;
  const value = values.find((value) => !kind.includes(value));
  return value === undefined ? undefined : { value, choices: kind };
}

async function notAChoice({ what, value, choices }: WrongChoice): Promise<SessionctlError> {
  const { didYouMean } = await import("./suggest.ts");
  const nearest = didYouMean(value, choices);
  const all = `choose one of ${choices.join(", ")}`;
  return usage(`${what} cannot be ${JSON.stringify(value)}`, nearest ? `${nearest} ${all}` : all);
}

/** Whether an argument may be an option's value: what looks like an option is none. */
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
