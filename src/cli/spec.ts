/** The kind of value of an option or operand. Completions and the config file go by it. */
export type ValueKind =
  | "text"
  | "file"
  | "directory"
  /** A file or folder; the folders of windows are offered besides. */
  | "workspace"
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
  /** How help names the value, such as "SOCKET". */
  readonly valueName?: string;
  readonly kind?: ValueKind;
  /** Words that completions offer, among others that are valid. */
  readonly suggestions?: readonly string[];
  /** The value in the config file's template, where `valueName` would be a wrong value. */
  readonly example?: string;
  /** Whether the value may be empty, as in `--name=`, or be left out. */
  readonly mayBeEmpty?: boolean;
  readonly summary: string;
  /** The text whose value counts when nothing else gives one. */
  readonly default?: string;
  /** The same in words, where the default is no value that could be written. */
  readonly unlessGiven?: string;
  /** The variable that counts when the option is not given: a value, or `1` for a flag. */
  readonly env?: string;
  /** The key of the value in the command's typed arguments. */
  readonly key?: string;
  /** Parses the value; `what` names it in errors. Throws `USAGE` errors. */
  readonly read?: (text: string, what: string) => unknown;
  /** Whether every call needs a value of this option. */
  readonly required?: boolean;
  /**
   * Long names of options, and names of operands, that cannot be used together with this one. On
   * the command line both are an error; an option given there takes away what the environment or
   * the file sets for the other.
   */
  readonly conflicts?: readonly string[];
  /**
   * Long names of options, and names of operands, that this one needs: all of them, and at least
   * one of each list among them. Without them the option is an error on the command line, and has
   * no effect in the environment and the file.
   */
  readonly requires?: readonly (string | readonly string[])[];
  /**
   * Whether the option protects a server. It is then an error, not without effect, if it is set in
   * the environment or the file without an option that it requires.
   */
  readonly protects?: boolean;
  /** The option belongs to one call, so that the config file cannot set it. */
  readonly oneCall?: boolean;
  /** Understood, but left out of help. */
  readonly hidden?: boolean;
}

export interface OperandSpec {
  readonly name: string;
  readonly kind?: ValueKind;
  /** Words that completions offer, among others that are valid. */
  readonly suggestions?: readonly string[];
  /** How many there may be; exactly one unless told. */
  readonly arity?: "one" | "optional" | "any" | "some";
  /** The long name of an option; a call without this option needs at least one such operand. */
  readonly requiredWithout?: string;
  /** Long names of options that cannot be used together with it. */
  readonly conflicts?: readonly string[];
}

export interface Example {
  readonly command: string;
  readonly does: string;
}

/** The group of a command in the help. */
export type CommandGroup = "open" | "registry" | "setup" | "servers";

/** All that parsing, help and completions know of a subcommand. */
export interface CommandSpec {
  readonly name: string;
  /** A command without one is in no list. */
  readonly group?: CommandGroup;
  readonly summary: string;
  /** Works, but is in no list of commands. */
  readonly hidden?: boolean;
  readonly operands: readonly OperandSpec[];
  readonly options: readonly OptionSpec[];
  /** Groups of options (long names) and operands of which each call needs exactly one. */
  readonly oneOf?: readonly (readonly string[])[];
  /** Whether the first operand ends the options: what follows it is another program's. */
  readonly operandsEndOptions?: boolean;
  readonly examples: readonly Example[];
  /** Paragraphs below the options. */
  readonly details?: readonly string[];
  /** Options of another program that are named on stderr and ignored: name to whether each takes a value. */
  readonly ignoredOptions?: () => Readonly<Record<string, boolean>>;
  /** Whether the other program reads all words when sessionctl is called by its name. */
  readonly isForeign?: (words: readonly string[]) => boolean;
  /**
   * The effect of mistakes in the config file: they are reported on stderr and left out (`lenient`,
   * the default); they end the command (`strict`, where a missing setting may be unsafe); or the
   * command reports them itself (`own`).
   */
  readonly config?: "lenient" | "strict" | "own";
}

/** Options every subcommand has. */
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

/** The sentences of help about options and operands of which a call needs exactly one. */
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
