import {
  type CompletedCommand,
  type CompletedOperand,
  type CompletedOption,
  hasTwoWords,
  leadingOptions,
  quoted,
  type Values,
} from "./model.ts";

/**
 * The script for zsh: a function for a directory in `fpath`, which can also be sourced.
 *
 * Source: zshcompsys(1), `_arguments` and `_describe`.
 */
export function zshCompletions(commands: readonly CompletedCommand[]): string {
  const pairs = commands.filter(hasTwoWords).map(({ name }) => `"${name}"`).join(" | ");
  const described = commands.filter((command) => !hasTwoWords(command)).map(({ name, summary }) =>
    `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`
  ).join("\n");
  return `#compdef sessionctl
# zsh completion for sessionctl, made by: sessionctl completions zsh

_sessionctl_known() {
  local -a found
  found=(\${(f)"$(_call_program values \${(q)_sessionctl_program} __complete $1 2>/dev/null)"})
  found=(\${found%%$'\\t'*})
  (( $#found )) && compadd -M 'l:|=* r:|=*' "$@[2,-1]" -a found
}

_sessionctl_session() { _sessionctl_known session "$@" }
_sessionctl_window() { _sessionctl_known window "$@" }
_sessionctl_run() { _sessionctl_known run "$@" }
_sessionctl_host() { _sessionctl_known host "$@" }
_sessionctl_known_places() { _sessionctl_known place -S '' "$@" }
_sessionctl_known_sockets() { _sessionctl_known socket "$@" }
_sessionctl_known_folders() { _sessionctl_known directory "$@" }
_sessionctl_files_or() {
  # If both offered the same path, zsh would find no common prefix and delete the word.
  [[ -n $PREFIX ]] && _files "\${(@)argv[2,-1]}" && return
  _alternative "files:path:_files \${argv[2,-1]}" "known:window:$1"
}
_sessionctl_socket() { _sessionctl_files_or _sessionctl_known_sockets }
_sessionctl_workspace() { _sessionctl_files_or _sessionctl_known_folders }
_sessionctl_place() {
  # Hosts are asked for when the word can be the beginning of a host's name.
  [[ -z $PREFIX || $PREFIX == */* ]] && _files && return
  _alternative 'files:path:_files' 'hosts:host:_sessionctl_known_places'
}
_sessionctl_program() { _command_names -e }
_sessionctl_directory() { _sessionctl_files_or _sessionctl_known_folders -/ }

_sessionctl_commands() {
  local -a names
  names=(
${described}
  )
  _describe -t commands command names
}

_sessionctl() {
  local curcontext=$curcontext state line _sessionctl_program=\${_sessionctl_path:-$words[1]}
  typeset -A opt_args
  # Under another name (code), the program acts as: sessionctl open.
  if [[ \${words[1]:t} != sessionctl* ]]; then
    words=($words[1] open "\${(@)words[2,-1]}")
    (( CURRENT++ ))
  fi
  _arguments -C '(- *)'{-h,--help}'[Print help]' '(- *)'{-v,--version}'[Print the version]' \\
${leadingOptions().map((option) => `    ${optionSpec(option)} \\`).join("\n")}
    '1:command:_sessionctl_commands' '*:: :->arguments' && return
  [[ $state == arguments ]] || return
  # A command's name may have two words.
  if (( CURRENT > 2 )); then
    case "$words[1] $words[2]" in
      ${pairs})
        words=("$words[1] $words[2]" "\${(@)words[3,-1]}")
        (( CURRENT-- ))
        ;;
    esac
  fi
  case $words[1] in
${commands.map(commandCase).join("\n")}
  esac
}

if [[ $funcstack[1] == _sessionctl ]]; then
  _sessionctl "$@"
elif (( $+functions[compdef] )); then
  compdef _sessionctl sessionctl
fi
`;
}

function commandCase({ name, options, operands }: CompletedCommand): string {
  const lines = [...options.map(optionSpec), ...operands.flatMap(operandSpecs)];
  return [
    `    "${name}")`,
    "      _arguments -s -S \\",
    ...lines.map((line, at) => `        ${line}${at < lines.length - 1 ? " \\" : ""}`),
    "      ;;",
  ].join("\n");
}

function optionSpec(option: CompletedOption): string {
  const { names, summary, values, valueName, repeatable, excludes } = option;
  const others = [...repeatable || names.length === 1 ? [] : names, ...excludes];
  const list = others.length === 0 ? "" : `(${others.join(" ")})`;
  const exclusive = list === "" && !repeatable ? "" : `'${list}${repeatable ? "*" : ""}'`;
  const attach = (option: string) =>
    values === undefined ? option : option.startsWith("--") ? `${option}=` : `${option}+`;
  const attached = names.map(attach);
  const word = attached.length > 1 ? `{${attached.join(",")}}` : attached[0]!;
  const value = values === undefined ? "" : `:${escaped(valueName)}:${action(values)}`;
  return `${exclusive}${word}${quoted(`[${escaped(summary)}]${value}`)}`;
}

function operandSpecs({ name, values, repeatable }: CompletedOperand, index: number): string[] {
  // The words after a program are completed as that program's arguments.
  if (values.kind === "program") {
    return [
      quoted(`(-)${index + 1}:${escaped(name)}:${action(values)}`),
      quoted("*::argument:_normal"),
    ];
  }
  const place = repeatable ? "*" : String(index + 1);
  return [quoted(`${place}:${escaped(name)}:${action(values)}`)];
}

function action(values: Values): string {
  switch (values.kind) {
    case "choices":
      return `(${values.choices.join(" ")})`;
    case "file":
      return "_files";
    case "free":
      return " ";
    case "command":
      return "_sessionctl_commands";
    default:
      return `_sessionctl_${values.kind}`;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}
