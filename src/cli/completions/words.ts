import { type CompletedCommand, hasTwoWords, leadingOptions, type Values } from "./model.ts";

/** A possible completion, and its meaning. */
export type Completion = readonly [word: string, what: string];

/** The place of a command line that is being completed. */
export interface Place {
  /** The words that the specs know. */
  readonly words: readonly Completion[];
  /** The kind of the other words, which the specs do not know. */
  readonly values: Exclude<Values["kind"], "choices" | "command" | "free"> | undefined;
  /** The part of the last word that is being completed. */
  readonly typed: string;
  /** The part of the last word before it, such as `--to=`. */
  readonly before: string;
}

/**
 * Finds the words that may come at the end of a command line. Shells whose scripts contain the specs
 * do the same by themselves.
 *
 * @param words The words after the program's name; the last one is being typed and may be empty.
 * @example
 * ```ts
 * placeOf(["path", "--platform", "d"], commands).words; // [["linux", ""], ["darwin", ""], ...]
 * ```
 */
export function placeOf(words: readonly string[], commands: readonly CompletedCommand[]): Place {
  const typed = words.at(-1) ?? "";
  const state = walk(words.slice(0, -1), commands);
  if (state.pending !== undefined) return placeFor(state.pending, typed, commands);
  const isOption = !state.isPlain && typed.startsWith("-");
  const { command } = state;
  const options = command === undefined ? leadingOptions() : command.options;
  if (isOption && /^--[^=]+=/.test(typed)) {
    const before = typed.slice(0, typed.indexOf("=") + 1);
    const option = options.find(({ names }) => names.includes(before.slice(0, -1)));
    return placeFor(option?.values, typed.slice(before.length), commands, before);
  }
  if (isOption) {
    const known = options.flatMap(({ names, summary }) =>
      names.map((name): Completion => [name, summary])
    );
    return { words: command ? known : [...known, ...PROGRAM_OPTIONS], ...noValues(typed) };
  }
  if (command === undefined) {
    return { words: [...commandNames(commands), ...PROGRAM_OPTIONS], ...noValues(typed) };
  }
  return placeFor(operandValues(command, state.operands), typed, commands);
}

/** The options of sessionctl itself, without a command. */
const PROGRAM_OPTIONS: readonly Completion[] = [
  ["--help", "Print help"],
  ["--version", "Print the version"],
];

const noValues = (typed: string) => ({ values: undefined, typed, before: "" });

/** The information in the words before the one that is being completed. */
interface Walk {
  readonly command?: CompletedCommand;
  /** The values of an option whose value comes next. */
  readonly pending?: Values;
  /** Number of the command's operands so far. */
  readonly operands: number;
  /** Whether no further word is an option. */
  readonly isPlain: boolean;
}

function walk(words: readonly string[], commands: readonly CompletedCommand[]): Walk {
  let [operands, isPlain] = [0, false];
  let command: CompletedCommand | undefined;
  let pending: Values | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (!isPlain && word === "--") {
      isPlain = true;
    } else if (!isPlain && /^-./.test(word)) {
      const options = command === undefined ? leadingOptions() : command.options;
      pending = options.find(({ names }) => names.includes(word))?.values;
    } else if (command === undefined) {
      command = commands.find(({ name }) => name === word) ?? unknown(word);
    } else {
      const pair: string | undefined = operands > 0 ? undefined : `${command.name} ${word}`;
      const longer: CompletedCommand | undefined = commands.find(({ name }) => name === pair);
      if (longer !== undefined) {
        command = longer;
        continue;
      }
      operands++;
      if (command.operandsEndOptions) isPlain = true;
    }
  }
  return { command, pending, operands, isPlain };
}

/** Stands for a command that does not exist: it has no options and no operands. */
function unknown(name: string): CompletedCommand {
  return { name, summary: "", options: [], operands: [], operandsEndOptions: false };
}

function operandValues({ operands }: CompletedCommand, index: number): Values | undefined {
  const last = operands.at(-1);
  if (index < operands.length) return operands[index]!.values;
  // The words after a program are its arguments.
  if (last?.values.kind === "program") return { kind: "file" };
  return last?.repeatable ? last.values : undefined;
}

function commandNames(commands: readonly CompletedCommand[]): Completion[] {
  return commands.filter((command) => !hasTwoWords(command))
    .map(({ name, summary }) => [name, summary]);
}

function placeFor(
  values: Values | undefined,
  typed: string,
  commands: readonly CompletedCommand[],
  before = "",
): Place {
  const nothing = { words: [], values: undefined, typed, before };
  if (values === undefined) return nothing;
  switch (values.kind) {
    case "free":
      return nothing;
    case "choices":
      return { words: values.choices.map((word) => [word, ""]), values: undefined, typed, before };
    case "command":
      return { words: commandNames(commands), values: undefined, typed, before };
    default:
      return { words: [], values: values.kind, typed, before };
  }
}
