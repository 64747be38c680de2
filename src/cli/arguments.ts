/** From the words of a command line to values: precedence, conflicts, requirements, types. */
import { system } from "../platform/mod.ts";
import { type CommandSpec, globalOptions, type OptionSpec } from "./spec.ts";
import { usage } from "./usage.ts";

/** Where an option's value comes from. The first of these that has one wins. */
export type ArgumentSource = "flag" | "environment" | "file";

/** What the config file sets for a command: values by the option's name. */
export type Settings = ReadonlyMap<string, { readonly value: boolean | readonly string[] }>;

/** The words of a command line, sorted by option. */
export interface Words {
  readonly operands: readonly string[];
  /** How many of the operands stand before a `--`; undefined without one. */
  readonly operandsBeforeDashes?: number;
  readonly ignored: ReadonlySet<string>;
  readonly flags: ReadonlyMap<string, boolean>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * The arguments of one call of a subcommand. An option that was not given takes its value from
 * its environment variable, and else from the config file.
 */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** How many of the operands stand before `--`; those behind it are to be taken literally. */
  readonly operandsBeforeDashes: number;
  /** Options of another program that were given and are ignored. */
  readonly ignored: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
  /** Where an option's value comes from; undefined if it has none. */
  source(name: string): ArgumentSource | undefined;
  /** The values of the options that a command declares with types, by key. */
  readonly typed: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly source?: ArgumentSource;
  readonly value?: boolean | readonly string[];
}

/**
 * Resolves every option of a command.
 *
 * @throws {SessionctlError} `USAGE`: a value of the wrong kind, options that exclude each other,
 * or an option without the one it needs.
 */
export function resolveArguments(
  words: Words,
  spec: CommandSpec,
  settings: Settings = new Map(),
): ParsedArguments {
  const find = (name: string) => findValue(name, words, spec, settings);
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
    typed: typedValues(spec, new Resolved(spec, find)),
  };
}

function optionOf(spec: CommandSpec, name: string): OptionSpec | undefined {
  return spec.options.find((option) => option.name === name) ??
    globalOptions.find((option) => option.name === name);
}

function findValue(name: string, words: Words, spec: CommandSpec, settings: Settings): Found {
  const value = words.flags.get(name) ?? words.values.get(name);
  if (value !== undefined) return { source: "flag", value };
  const option = optionOf(spec, name);
  const variable = option?.env === undefined ? undefined : system.env(option.env);
  if (variable !== undefined) {
    if (option?.envReadElsewhere) return { source: "environment" };
    return {
      source: "environment",
      value: option?.type === "flag" ? variable === "1" : [variable],
    };
  }
  const setting = settings.get(name);
  const given = (name: string) => words.flags.has(name) || words.values.has(name);
  if (setting === undefined || given(opposite(name))) return {};
  const replaced = spec.options.some((other) => other.instead?.includes(name) && given(other.name));
  return replaced ? {} : { source: "file", value: setting.value };
}

/** `--state` takes away what the config file says of `--no-state`, and the other way round. */
function opposite(name: string): string {
  return name.startsWith("no-") ? name.slice("no-".length) : `no-${name}`;
}

const RANK: Readonly<Record<ArgumentSource, number>> = { flag: 2, environment: 1, file: 0 };

/** The values in force once conflicts and requirements between options are settled. */
class Resolved {
  readonly #spec: CommandSpec;
  readonly #find: (name: string) => Found;

  constructor(spec: CommandSpec, find: (name: string) => Found) {
    this.#spec = spec;
    this.#find = find;
  }

  /**
   * An option's value, without one that another option takes away.
   *
   * @throws {SessionctlError} `USAGE`.
   */
  value(option: OptionSpec): boolean | readonly string[] | undefined {
    const { source, value } = this.#find(option.name);
    if (source === undefined || !isSet(value)) return value;
    for (const other of this.#conflicting(option)) {
      const rival = this.#find(other);
      if (rival.source === undefined || !isSet(rival.value)) continue;
      if (RANK[rival.source] > RANK[source]) return undefined;
      if (rival.source === source) {
        throw usage(`--${option.name} and --${other} exclude each other`);
      }
    }
    const { requires } = option;
    if (requires === undefined || requires.some((name) => isSet(this.#find(name).value))) {
      return value;
    }
    if (source !== "flag") return undefined;
    throw usage(`--${option.name} needs ${requires.map((name) => `--${name}`).join(" or ")}`);
  }

  /** A conflict is declared at one of the two options and holds for both. */
  #conflicting({ name, conflicts = [] }: OptionSpec): readonly string[] {
    const declared = this.#spec.options.filter((other) => other.conflicts?.includes(name));
    return [...conflicts, ...declared.map((other) => other.name)];
  }
}

function isSet(value: Found["value"]): boolean {
  return value !== undefined && value !== false;
}

function typedValues(spec: CommandSpec, resolved: Resolved): Record<string, unknown> {
  const typed: Record<string, unknown> = {};
  for (const option of spec.options) {
    if (option.key === undefined) continue;
    typed[option.key] = typedValue(option, resolved.value(option));
  }
  return typed;
}

function typedValue(option: OptionSpec, value: boolean | readonly string[] | undefined): unknown {
  if (option.type === "flag") return value === true;
  const read = (text: string) => option.read?.(text, `--${option.name}`) ?? text;
  const texts = typeof value === "object" ? value : [];
  if (option.type === "list") return texts.map(read);
  const text = texts.at(-1) ?? option.default;
  return text === undefined ? undefined : read(text);
}
