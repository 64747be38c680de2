import { globalOptions, usageLine } from "./mod.ts";
import {
  alternatives,
  type CommandGroup,
  type CommandSpec,
  optionNotes,
  type OptionSpec,
} from "./spec.ts";

const WIDTH = 80;

/** Help of one command: examples first, at most 80 columns wide. */
export function commandHelp(spec: CommandSpec): string {
  const own = new Set(spec.options.map((option) => option.name));
  const globals = globalOptions.filter((option) => !own.has(option.name));
  const shown = spec.options.filter((option) => !option.hidden);
  const examples = spec.examples.flatMap((
    { command, does },
  ) => [...commandLines(command), ...wrap(does, 6)]);
  const sections = [
    `${spec.summary}.`,
    ["Examples:", ...examples].join("\n"),
    `Usage:\n${wrap(usageLine(spec), 2).join("\n")}`,
    shown.length > 0 ? `Options:\n${optionTable(shown)}` : "",
    ...alternatives(spec).map((sentence) => wrap(sentence, 0).join("\n")),
    `Options of every command:\n${optionTable(globals)}`,
    ...(spec.details ?? []).map((paragraph) => wrap(paragraph, 0).join("\n")),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

/** A command that can be copied. If it is too long for a line, it continues after a backslash. */
function commandLines(command: string): string[] {
  if (command.length + 2 <= WIDTH) return [`  ${command}`];
  // Two columns less, for the backslash.
  const [first, ...rest] = wrap(command, 4, WIDTH - 2);
  return [first!.slice(2), ...rest].map((line, at) => at < rest.length ? `${line} \\` : line);
}

const GROUPS: Readonly<Record<CommandGroup, string>> = {
  open: "Open in the right window:",
  registry: "Registry and windows:",
  setup: "Setup and troubleshooting:",
  servers: "Editor servers, relays and channels:",
};

/** Help of the whole program. */
export function programHelp(specs: readonly CommandSpec[]): string {
  const visible = specs.filter(({ hidden }) => !hidden);
  const column = columnOf(visible.map(({ name }) => `  ${name}`));
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const rows = visible.filter((spec) => spec.group === group)
      .map(({ name, summary }): [string, string] => [`  ${name}`, summary]);
    return `${title}\n${table(rows, column)}`;
  });
  return [
    "sessionctl opens files in the right live editor window, from any terminal.",
    [
      "Examples:",
      "  sessionctl open file.ts:12  open a file in the window that has its folder",
      "  sessionctl list --all       list editor windows, live and dead",
      "  sessionctl serve --detach   run the registry of windows in the background",
      "  sessionctl doctor           find problems and the commands that fix them",
    ].join("\n"),
    "Usage:\n  sessionctl COMMAND [options] [operands]",
    ...groups,
    "sessionctl COMMAND --help explains a command; sessionctl --version prints the version.",
    "Exit codes: 0 success, 1 nothing matched or the editor refused, 2 wrong command " +
    "line, 3 no registry, 4 time limit exceeded.",
  ].map((section) => section.includes("\n") ? section : wrap(section, 0).join("\n")).join("\n\n");
}

function optionTable(options: readonly OptionSpec[]): string {
  return table(options.map((option) => {
    const short = option.short ? `-${option.short}, ` : "    ";
    const value = option.type === "flag" ? "" : ` ${option.valueName}`;
    const notes = optionNotes(option).map((note) => ` (${note})`).join("");
    return [`  ${short}--${option.name}${value}`, `${option.summary}${notes}`];
  }));
}

/** The column in which the right half of a table begins. */
function columnOf(lefts: readonly string[]): number {
  return Math.min(32, Math.max(...lefts.map((left) => left.length)) + 2);
}

function table(
  rows: readonly [string, string][],
  column = columnOf(rows.map(([left]) => left)),
): string {
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, column);
    if (left.length + 2 > column) return [left, ...lines];
    return [left.padEnd(column) + lines[0]!.slice(column), ...lines.slice(1)];
  }).join("\n");
}

/** Breaks `text` into lines of at most 80 columns, each indented. */
function wrap(text: string, indent: number, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((content) => " ".repeat(indent) + content);
}
