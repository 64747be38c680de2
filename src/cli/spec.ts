/** The kind of value of an option or operand, used by completions and the config file. */
export type ValueKind =
  | "text"
  | "file"
  | "directory"
  /** A file or folder; completions also offer the folders of windows. */
  | "workspace"
  /** A file or folder, or `HOST:/PATH`; completion also offers the names of hosts. */
  | "place"
  /** A host of the fleet, or one with a link. */
  | "host"
  /** A program that a shell finds on `PATH`. */
  | "program"
  | "socket"
  | "session"
  /** A session, or a desktop editor. */
  | "window"
  | "run"
  | "command"
  | "duration"
  | "size"
  | "number"
  /** A number, or `never`. */
  | "count"
  | readonly string[];

export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  /** A single letter. */
  readonly short?: string;
  /** `flag` takes no value, `value` one, `list` one each time it is given. */
  readonly type: "flag" | "value" | "list";
  /** The placeholder for the value in help, such as "SOCKET". */
  readonly valueName?: string;
  readonly kind?: ValueKind;
  /** Words that completions offer; other values are valid, too. */
  readonly suggestions?: readonly string[];
  /** The value in the config file's template, if `valueName` would be invalid there. */
  readonly example?: string;
  /** Whether the value may be empty, as in `--name=`, or omitted. */
  readonly mayBeEmpty?: boolean;
  readonly summary: string;
  /** The text that is used if no source gives a value. */
  readonly default?: string;
  /** A description of the default, if it cannot be written as a value. */
  readonly unlessGiven?: string;
  /** The variable that is used if the option is not given: a value, or `1` for a flag. */
  readonly env?: string;
  /** The key of the value in the command's typed arguments. */
  readonly key?: string;
  /** Parses the value; `what` names it in errors. Throws `USAGE` errors. */
  readonly read?: (text: string, what: string) => unknown;
  /** Whether every call needs a value of this option. */
  readonly required?: boolean;
  /**
   * Long names of options, and names of operands, that cannot be used together with this one. Both
   * on the command line are an error; an option there overrides the other one's value from the
   * environment or the file.
   */
  readonly conflicts?: readonly string[];
  /**
   * Long names of options, and names of operands, that this one requires: all of them, and at least
   * one of each list among them. Without them, the option is an error on the command line, and is
   * ignored in the environment and the file.
   */
  readonly requires?: readonly (string | readonly string[])[];
  /**
   * Whether the option protects a server. Without an option that it requires, it is then an error
   * in the environment and the file, too, instead of being ignored.
   */
  readonly protects?: boolean;
  /** The option belongs to one call, so that the config file cannot set it. */
  readonly oneCall?: boolean;
  /** Accepted, but omitted from help. */
  readonly hidden?: boolean;
}

export interface OperandSpec {
  readonly name: string;
  readonly kind?: ValueKind;
  /** Words that completions offer; other values are valid, too. */
  readonly suggestions?: readonly string[];
  /** The number of operands; exactly one by default. */
  readonly arity?: "one" | "optional" | "any" | "some";
  /** Long names of options; a call without any of them needs at least one such operand. */
  readonly requiredWithout?: readonly string[];
  /** Long names of options that cannot be used together with this operand. */
  readonly conflicts?: readonly string[];
}

export interface Example {
  readonly command: string;
  readonly does: string;
}

/** The group of a command in the help. */
export type CommandGroup = "open" | "registry" | "setup" | "servers";

/** The description of a subcommand for parsing, help and completions. */
export interface CommandSpec {
  readonly name: string;
  /** The group in help; a command without one is not listed. */
  readonly group?: CommandGroup;
  readonly summary: string;
  /** Works, but is not listed. */
  readonly hidden?: boolean;
  readonly operands: readonly OperandSpec[];
  readonly options: readonly OptionSpec[];
  /** Groups of options (long names) and operands; each call needs exactly one of each group. */
  readonly oneOf?: readonly (readonly string[])[];
  /**
   * Whether the first operand ends the options, because the words after it belong to another
   * program.
   */
  readonly operandsEndOptions?: boolean;
  readonly examples: readonly Example[];
  /** Paragraphs below the options. */
  readonly details?: readonly string[];
  /**
   * Options of another program that are named on stderr and ignored, with whether each takes a
   * value.
   */
  readonly ignoredOptions?: () => Readonly<Record<string, boolean>>;
  /** Whether the other program reads all words when sessionctl is called by its name. */
  readonly isForeign?: (words: readonly string[]) => boolean;
  /**
   * The effect of mistakes in the config file: they are reported on stderr and ignored (`lenient`,
   * the default); they end the command (`strict`, if a missing setting may be unsafe); or the
   * command reports them itself (`own`).
   */
  readonly config?: "lenient" | "strict" | "own";
}

/** Options of every subcommand. */
export const globalOptions: readonly OptionSpec[] = [
  {
    name: "socket",
    type: "value",
    valueName: "PATH",
    kind: "socket",
    summary: "The registry's socket",
    env: "SESSIONCTL_SOCKET",
  },
  { name: "json", type: "flag", summary: "Print JSON" },
  {
    name: "quiet",
    short: "q",
    type: "flag",
    summary: "Print no notes on stderr, only errors",
  },
  {
    name: "verbose",
    type: "flag",
    summary: "Print each step on stderr",
  },
  { name: "help", short: "h", type: "flag", summary: "Print this help", oneCall: true },
];

/** Every option of a command, the global ones last. */
export function allOptions(spec: CommandSpec): OptionSpec[] {
  const own = new Set(spec.options.map((option) => option.name));
  return [
    ...spec.options,
    ...globalOptions.filter((option) => !own.has(option.name)),
  ];
}

/** The notes that help adds to an option's summary, such as "default 10s". */
export function optionNotes(option: OptionSpec): string[] {
  const { type, env, required, requires = [], default: value = option.unlessGiven } = option;
  const needs = requires.flat().filter((name) => name !== name.toUpperCase());
  return [
    ...required ? ["required"] : [],
    ...needs.length === 0 ? [] : [`with ${needs.map((name) => `--${name}`).join(" or ")}`],
    ...env === undefined ? [] : [`also ${env}${type === "flag" ? "=1" : ""}`],
    ...value === undefined ? [] : [`default ${value}`],
  ];
}

/** The sentences in help about groups of which a call needs exactly one. */
export function alternatives({ oneOf = [] }: CommandSpec): string[] {
  return oneOf.map((group) => {
    const names = group.map((name) => name === name.toUpperCase() ? name : `--${name}`);
    return `Exactly one of ${names.slice(0, -1).join(", ")} and ${names.at(-1)} is required.`;
  });
}

const settable = ({ oneCall }: OptionSpec) => !oneCall;

/** The options that can be set for all commands at once. */
export function settableGlobals(): OptionSpec[] {
  return globalOptions.filter(settable);
}

/** The options that can be set in a command's section. */
export function settableOptions(spec: CommandSpec): OptionSpec[] {
  return allOptions(spec).filter(settable);
}
