import {
  type CompletedCommand,
  type CompletedOperand,
  type CompletedOption,
  hasTwoWords,
  leadingOptions,
  type Values,
} from "./model.ts";

/**
 * The script for fish.
 *
 * Source: fish's `complete`, `commandline`.
 */
export function fishCompletions(commands: readonly CompletedCommand[]): string {
  const valued = commands.flatMap(({ name, options }) =>
    options.flatMap(({ names, values }) =>
      values ? names.map((option) => `"${name}${option}"`) : []
    )
  );
  const pairs = commands.filter(hasTwoWords).map(({ name }) => `"${name}"`).join(" ");
  const leading = leadingOptions();
  const ahead = leading.filter(({ values }) => values).flatMap(({ names }) => names);
  return `# fish completion for sessionctl, made by: sessionctl completions fish

function __sessionctl_words --description 'The words without the options before the command'
    set -l words (commandline -opc)
    while test (count $words) -gt 1; and string match -q -- '-*' $words[2]
        contains -- $words[2] ${ahead.join(" ")}; and set -e words[2]
        set -e words[2]
    end
    # A command's name may have two words.
    if test (count $words) -gt 2; and contains -- "$words[2] $words[3]" ${pairs}
        set words[2] "$words[2] $words[3]"
        set -e words[3]
    end
    printf '%s\\n' $words
end

function __sessionctl_command --description 'Whether the command is NAME'
    set -l words (__sessionctl_words)
    test (count $words) -gt 1; and test "$words[2]" = "$argv[1]"
end

function __sessionctl_no_command
    test (count (__sessionctl_words)) -eq 1
end

function __sessionctl_operand --description 'Whether operand number FROM (up to TO) comes next'
    set -l words (__sessionctl_words)
    set -l count 0
    set -l skip 0
    set -l plain 0
    for word in $words[3..-1]
        if test $skip = 1
            set skip 0
        else if test $plain = 0; and test "$word" = --
            set plain 1
        else if test $plain = 0; and string match -q -- '-?*' $word
            contains -- "$words[2]$word" ${valued.join(" ")}; and set skip 1
        else
            set count (math $count + 1)
        end
    end
    test $skip = 0; and test $count -ge $argv[1]; and test $count -le $argv[2]
end

function __sessionctl_known --description 'The known candidates of a KIND'
    set -l words (commandline -opc)
    set -q __sessionctl_path; and set words[1] $__sessionctl_path
    set -l found (command $words[1] __complete $argv[1] 2>/dev/null)
    # In the form in which fish writes folders, so that duplicates are shown once.
    test $argv[1] = directory; and set found (string replace -r '(\\t|$)' '/$1' -- $found)
    string join -- \\n $found
end

function __sessionctl_places --description 'Hosts, if the word can be the beginning of a name'
    string match -qr '^[A-Za-z0-9_][^/]*$' -- (commandline -ct); and __sessionctl_known place
end

complete -c sessionctl -e
complete -c sessionctl -f
complete -c sessionctl -n __sessionctl_no_command -s h -l help -d 'Print help'
complete -c sessionctl -n __sessionctl_no_command -s v -l version -d 'Print the version'
${leading.map((option) => optionLine("__sessionctl_no_command", option)).join("\n")}
${commands.flatMap((command) => commandLines(command, commands)).join("\n")}
`;
}

function commandLines(
  { name, summary, options, operands }: CompletedCommand,
  commands: readonly CompletedCommand[],
): string[] {
  const names = commands.filter((command) => !hasTwoWords(command)).map(({ name }) => name)
    .join(" ");
  return [
    ...name.includes(" ")
      ? []
      : [`complete -c sessionctl -n __sessionctl_no_command -a ${name} -d ${quoted(summary)}`],
    ...options.map((option) => optionLine(`__sessionctl_command "${name}"`, option)),
    ...operands.flatMap((operand, index) => operandLines(name, operand, index, names)),
  ];
}

function optionLine(condition: string, { names, summary, values }: CompletedOption): string {
  const words = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
  );
  const value = values === undefined ? "" : ` -r ${argument(values, "")}`;
  return `complete -c sessionctl -n '${condition}' ${words.join(" ")}${value}` +
    ` -d ${quoted(summary)}`;
}

const ANY_NUMBER = 100_000;

function operandLines(
  command: string,
  { values, repeatable }: CompletedOperand,
  index: number,
  commands: string,
): string[] {
  const line = (from: number, to: number, values: Values) =>
    `complete -c sessionctl -n '__sessionctl_command "${command}"; and ` +
    `__sessionctl_operand ${from} ${to}' ${argument(values, commands)}`;
  if (values.kind !== "program") return [line(index, repeatable ? ANY_NUMBER : index, values)];
  // The words after a program are its arguments.
  return [line(index, index, values), line(index + 1, ANY_NUMBER, { kind: "file" })];
}

function argument(values: Values, commands: string): string {
  switch (values.kind) {
    case "choices":
      return `-f -a ${quoted(values.choices.join(" "))}`;
    case "file":
      return "-F";
    case "directory":
      return "-f -a '(__fish_complete_directories) (__sessionctl_known directory)'";
    case "socket":
      return "-F -a '(__sessionctl_known socket)'";
    case "workspace":
      return "-F -a '(__sessionctl_known directory)'";
    case "place":
      return "-F -a '(__sessionctl_places)'";
    case "program":
      return "-f -a '(__fish_complete_command)'";
    case "session":
    case "window":
    case "run":
    case "host":
      return `-f -a '(__sessionctl_known ${values.kind})'`;
    case "command":
      return `-f -a ${quoted(commands)}`;
    case "free":
      return "-f";
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
