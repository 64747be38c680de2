/** From the words of a command line to values: precedence, conflicts, requirements, types. */
import { system } from "../platform/mod.ts";
import { type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
import { usage, usageLine } from "./usage.ts";

/** The source of an option's value. The first source that has a value wins. */
export type ArgumentSource = "flag" | "environment" | "file";

/** The values that the config file sets for a command, by the option's name. */
export type Settings = ReadonlyMap<string, { readonly value: boolean | readonly string[] }>;

/** The words of a command line, sorted by option. */
export interface Words {
  readonly operands: readonly string[];
  /** Number of operands before a `--`; undefined without one. */
  readonly operandsBeforeDashes?: number;
  readonly ignored: ReadonlySet<string>;
  readonly flags: ReadonlyMap<string, boolean>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * The arguments of one call of a subcommand. An option that was not given takes its value from its
 * environment variable, or else from the config file. The command itself reads `typed`; the texts
 * serve to show the options and to pass them to another process.
 */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** Number of operands before `--`; those after it are taken literally. */
  readonly operandsBeforeDashes: number;
  /** Given options of another program, which are ignored. */
  readonly ignored: readonly string[];
  /** Whether a flag is set, by its long name. */
  flag(name: string): boolean;
  /** The text of an option's value; the last one of several. */
  value(name: string): string | undefined;
  /** The texts of all values of an option. */
  list(name: string): readonly string[];
  /** The source of an option's value; undefined if it has none. */
  source(name: string): ArgumentSource | undefined;
  /** The values of the command's own options, parsed, by key. */
  readonly typed: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly source?: ArgumentSource;
  readonly value?: boolean | readonly string[];
}

/**
 * Resolves every option of a command.
 *
 * @throws {SessionctlError} `USAGE` for an invalid value, conflicting options, or a missing option
 * or operand.
 */
export function resolveArguments(
  words: Words,
  spec: CommandSpec,
  settings: Settings = new Map(),
): ParsedArguments {
  const options = new Map(
    [...globalOptions, ...spec.options].map((option) => [option.name, option]),
  );
  const find = (name: string) => findValue(name, words, options.get(name), settings);
  const list = (name: string) => {
    const { value } = find(name);
    return typeof value === "object" ? value : [];
  };
  return {
    operands: words.operands,
    operandsBeforeDashes: words.operandsBeforeDashes ?? words.operands.length,
    ignored: [...words.ignored],
    flag: (name) => find(name).value === true,
    value: (name) => list(name).at(-1),
    list,
    source: (name) => find(name).source,
    typed: typedValues(spec, new Resolved(words, spec, find)),
  };
}

function findValue(
  name: string,
  words: Words,
  option: OptionSpec | undefined,
  settings: Settings,
): Found {
  const value = words.flags.get(name) ?? words.values.get(name);
  if (value !== undefined) return { source: "flag", value };
  const variable = option?.env === undefined ? undefined : system.env(option.env);
  if (variable !== undefined) {
    return {
      source: "environment",
      value: option?.type === "flag" ? variable === "1" : [variable],
    };
  }
  const setting = settings.get(name);
  return setting === undefined ? {} : { source: "file", value: setting.value };
}

const RANK: Readonly<Record<ArgumentSource, number>> = { flag: 2, environment: 1, file: 0 };

type Constrained = Pick<OptionSpec, "name" | "conflicts" | "requires" | "protects">;

/** The values after resolving conflicts and requirements between options. */
class Resolved {
  readonly #words: Words;
  readonly #spec: CommandSpec;
  readonly #findOption: (name: string) => Found;

  constructor(words: Words, spec: CommandSpec, find: (name: string) => Found) {
    this.#words = words;
    this.#spec = spec;
    this.#findOption = find;
  }

  /**
   * The value of an option, unless a conflicting option overrides it.
   *
   * @throws {SessionctlError} `USAGE`.
   */
  value(option: Constrained): Found["value"] {
    const { source, value } = this.#find(option.name);
    if (source === undefined || !isSet(value)) return value;
    for (const other of this.#conflicting(option)) {
      const rival = this.#find(other);
      if (rival.source === undefined || !isSet(rival.value)) continue;
      if (RANK[rival.source] > RANK[source]) return undefined;
      if (rival.source === source) {
        throw usage(
          `${this.#label(option.name)} and ${this.#label(other)} cannot be used together`,
          `leave one of them out; see: sessionctl ${this.#spec.name} --help`,
        );
      }
    }
    for (const needed of option.requires ?? []) {
      const names = typeof needed === "string" ? [needed] : needed;
      if (names.some((name) => isSet(this.#find(name).value))) continue;
      if (source !== "flag" && !option.protects) return undefined;
      const labels = names.map((name) => this.#label(name)).join(" or ");
      throw usage(`${this.#label(option.name)} needs ${labels}`);
    }
    return value;
  }

  /**
   * Checks that required options and operands are given.
   *
   * @throws {SessionctlError} `USAGE`.
   */
  checkRequired(): void {
    const { name: command, operands, options, oneOf = [] } = this.#spec;
    const fail = (needed: string) => {
      throw usage(`${command} needs ${needed}`, `usage: ${usageLine(this.#spec)}`);
    };
    for (const operand of operands) {
      const { name, requiredWithout } = operand;
      const isGiven = isSet(this.value(operand));
      if (requiredWithout === undefined || isGiven) continue;
      if (!requiredWithout.some((other) => isSet(this.#find(other).value))) fail(name);
    }
    for (const option of options) {
      if (option.required && !isSet(this.value(option))) fail(this.#label(option.name));
    }
    for (const group of oneOf) {
      if (group.some((name) => isSet(this.value(this.#constrained(name))))) continue;
      const labels = group.map((name) => this.#label(name));
      fail(`one of ${labels.slice(0, -1).join(", ")} and ${labels.at(-1)}`);
    }
  }

  #find(name: string): Found {
    const at = this.#spec.operands.findIndex((operand) => operand.name === name);
    if (at < 0) return this.#findOption(name);
    const value = this.#words.operands.slice(at);
    return value.length === 0 ? {} : { source: "flag", value };
  }

  #label(name: string): string {
    return this.#spec.operands.some((operand) => operand.name === name) ? name : `--${name}`;
  }

  #constrained(name: string): Constrained {
    const { operands, options } = this.#spec;
    return [...operands, ...options].find((one) => one.name === name) ?? { name };
  }

  /**
   * The names that conflict with `name`. A conflict is declared at one of the two and holds for both.
   */
  #conflicting({ name, conflicts = [] }: Constrained): readonly string[] {
    const { operands, options, oneOf = [] } = this.#spec;
    const declared = [...options, ...operands].filter((other) => other.conflicts?.includes(name));
    const others = oneOf.filter((group) => group.includes(name)).flat();
    return [...conflicts, ...declared.map((other) => other.name), ...others]
      .filter((other) => other !== name);
  }
}

function isSet(value: Found["value"]): boolean {
  return typeof value === "object" ? value.length > 0 : value === true;
}

function typedValues(spec: CommandSpec, resolved: Resolved): Record<string, unknown> {
  const typed: Record<string, unknown> = {};
  for (const option of spec.options) {
    if (option.key === undefined) continue;
    typed[option.key] = typedValue(option, resolved.value(option));
  }
  resolved.checkRequired();
  return typed;
}

function typedValue(option: OptionSpec, value: Found["value"]): unknown {
  if (option.type === "flag") return value === true;
  const read = (text: string) => option.read?.(text, `--${option.name}`) ?? text;
  const given = typeof value === "object" && value.length > 0 ? value : undefined;
  const texts = given ?? (option.default === undefined ? [] : [option.default]);
  if (option.type === "list") return texts.map(read);
  const text = texts.at(-1);
  return text === undefined ? undefined : read(text);
}
