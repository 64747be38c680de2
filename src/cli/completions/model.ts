import { allOptions, globalOptions } from "../mod.ts";
import type { CommandSpec, OptionSpec, ValueKind } from "../spec.ts";

/** The candidates for a position: fixed words, files, or names that sessionctl provides. */
export type Values =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | {
    readonly kind:
      | "file"
      | "directory"
      | "workspace"
      | "place"
      | "host"
      | "program"
      | "socket"
      | "session"
      | "window"
      | "run"
      | "command"
      | "free";
  };

export interface CompletedOption {
  /** With dashes: `-d` and `--diff`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Undefined for a flag. */
  readonly values: Values | undefined;
  readonly valueName: string;
  readonly repeatable: boolean;
  /** The names, with dashes, of the options that cannot be given together with this one. */
  readonly excludes: readonly string[];
}

export interface CompletedOperand {
  readonly name: string;
  readonly values: Values;
  /** Whether it is the last operand and can be repeated. */
  readonly repeatable: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly operands: readonly CompletedOperand[];
  /** Whether the words after the first operand belong to another program. */
  readonly operandsEndOptions: boolean;
}

/** The options that may also stand before the command. */
export function leadingOptions(): CompletedOption[] {
  return globalOptions.filter(({ name }) => name !== "help")
    .map((option) => completedOption(option));
}

function completedOption(option: OptionSpec, spec?: CommandSpec): CompletedOption {
  return {
    names: [...option.short ? [`-${option.short}`] : [], `--${option.name}`],
    summary: option.summary,
    values: option.type === "flag" ? undefined : valuesOf(option.suggestions ?? option.kind),
    valueName: option.valueName ?? "VALUE",
    repeatable: option.type === "list",
    excludes: spec ? excludedBy(option, spec) : [],
  };
}

/**
 * Both options exclude each other if either declares the conflict, or if one `oneOf` group has
 * both.
 */
function excludedBy({ name, conflicts = [] }: OptionSpec, spec: CommandSpec): string[] {
  const groups = (spec.oneOf ?? []).filter((group) => group.includes(name)).flat();
  return allOptions(spec).filter((other) =>
    other.name !== name && !other.hidden &&
    (conflicts.includes(other.name) || groups.includes(other.name) ||
      other.conflicts?.includes(name))
  ).map((other) => `--${other.name}`);
}

/** The data that completions are made from, including the command `help`, which has no spec. */
export function completedCommands(specs: readonly CommandSpec[]): CompletedCommand[] {
  const visible = specs.filter((spec) => !spec.hidden);
  const commands = visible.map((spec): CompletedCommand => ({
    name: spec.name,
    summary: spec.summary,
    options: allOptions(spec).filter((option) => !option.hidden)
      .map((option) => completedOption(option, spec)),
    operands: [
      ...secondWords(spec.name, visible),
      ...spec.operands.map(({ name, kind, suggestions, arity }) => ({
        name,
        values: valuesOf(suggestions ?? kind),
        repeatable: arity === "any" || arity === "some",
      })),
    ],
    operandsEndOptions: spec.operandsEndOptions ?? false,
  }));
  return [...commands, {
    name: "help",
    summary: "Explain a command",
    options: [],
    operands: [{ name: "COMMAND", values: { kind: "command" }, repeatable: false }],
    operandsEndOptions: false,
  }];
}

/** The position after a command's name, where the second word of other commands may stand. */
function secondWords(name: string, specs: readonly CommandSpec[]): CompletedOperand[] {
  const choices = specs.flatMap((spec) =>
    spec.name.startsWith(`${name} `) ? [spec.name.slice(name.length + 1)] : []
  );
  if (choices.length === 0) return [];
  return [{ name: "COMMAND", values: { kind: "choices", choices }, repeatable: false }];
}

/** Whether a command's name has two words. */
export function hasTwoWords({ name }: CompletedCommand): boolean {
  return name.includes(" ");
}

function valuesOf(kind: ValueKind | undefined): Values {
  if (typeof kind === "object") return { kind: "choices", choices: kind };
  switch (kind) {
    case "file":
    case "directory":
    case "workspace":
    case "place":
    case "host":
    case "program":
    case "socket":
    case "session":
    case "window":
    case "run":
    case "command":
      return { kind };
    default:
      return { kind: "free" };
  }
}

/** Quotes a word in single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
