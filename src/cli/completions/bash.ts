import {
  type CompletedCommand,
  hasTwoWords,
  leadingOptions,
  quoted,
  type Values,
} from "./model.ts";

/**
 * The script for bash, 3.2 and later, with or without the bash-completion package.
 *
 * Source: bash(1) "Programmable Completion". `COMP_WORDS` splits `--name=value` into three words.
 */
export function bashCompletions(commands: readonly CompletedCommand[]): string {
  const names = commands.filter((command) => !hasTwoWords(command)).map(({ name }) => name)
    .join(" ");
  const pairs = commands.filter(hasTwoWords).map(({ name }) => `"${name}"`).join(" | ");
  const ending = commands.filter(({ operandsEndOptions }) => operandsEndOptions)
    .map(({ name }) => name).join(" | ");
  return `# bash completion for sessionctl, made by: sessionctl completions bash

_sessionctl_options() {
  case $1 in
${commands.map(optionsLine).join("\n")}
    *) REPLY='' ;;
  esac
}

_sessionctl_option_values() {
  case "$1 $2" in
${commands.flatMap(optionValueLines).join("\n")}
    *) REPLY='' ;;
  esac
}

_sessionctl_operand_values() {
  case "$1 $2" in
${commands.flatMap(operandLines).join("\n")}
    *) REPLY=free ;;
  esac
}

${reply(names)}

${walk(names, ending, pairs)}

complete -o bashdefault -o default -F _sessionctl sessionctl
`;
}

function optionsLine({ name, options }: CompletedCommand): string {
  const words = options.flatMap(({ names }) => names).join(" ");
  return `    "${name}") REPLY=${quoted(words)} ;;`;
}

function optionValueLines({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ names, values }) => {
    if (values === undefined) return [];
    const pattern = names.map((option) => `"${name} ${option}"`).join(" | ");
    return `    ${pattern}) REPLY=${word(values)} ;;`;
  });
}

function operandLines({ name, operands }: CompletedCommand): string[] {
  return operands.flatMap(({ values, repeatable }, index) => {
    // The words after a program are its arguments.
    if (values.kind === "program") {
      return [`    "${name} ${index}") REPLY=program ;;`, `    "${name} "*) REPLY=file ;;`];
    }
    const pattern = repeatable ? `"${name} "*` : `"${name} ${index}"`;
    return [`    ${pattern}) REPLY=${word(values)} ;;`];
  });
}

/** Choices begin with an equals sign; any other value is the name of the kind. */
function word(values: Values): string {
  return values.kind === "choices" ? quoted(`=${values.choices.join(" ")}`) : values.kind;
}

/** Fills COMPREPLY. If it stays empty, bash completes file names itself, which it does best. */
function reply(names: string): string {
  return `_sessionctl_reply() {
  local program=$1 values=$2 current=$3 line
  local IFS=$'\\n'
  case $values in
    file) return ;;
    # Hosts are asked for when the word can be the beginning of a host's name.
    place) if [[ -z $current || $current == */* ]]; then return; fi ;;
    directory | socket | workspace)
      type compopt >/dev/null 2>&1 && compopt -o filenames
      local action=-f
      if [ "$values" = directory ]; then action=-d; fi
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $action -- "$current")
      ;;
    *)
      if [ "$values" != place ]; then
        type compopt >/dev/null 2>&1 && compopt +o default +o bashdefault
      fi
      ;;
  esac
  case $values in
    =*) COMPREPLY=($(IFS=' ' && compgen -W "\${values#=}" -- "$current")) ;;
    command) COMPREPLY=($(IFS=' ' && compgen -W '${names}' -- "$current")) ;;
    program) COMPREPLY=($(compgen -c -- "$current")) ;;
    place)
      while IFS= read -r line; do
        line=\${line%%$'\\t'*}
        if [[ $line == "$current"* ]]; then COMPREPLY+=("$line"); fi
      done < <("$program" __complete place 2>/dev/null)
      if [ \${#COMPREPLY[@]} -gt 0 ]; then
        type compopt >/dev/null 2>&1 && compopt -o nospace
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      fi
      ;;
    directory | socket | session | window | run | host | workspace)
      local kind=$values
      if [ "$kind" = workspace ]; then kind=directory; fi
      while IFS= read -r line; do
        line=\${line%%$'\\t'*}
        if [[ $line == "$current"* ]]; then
          # bash quotes file names itself, but not other words.
          if [ "$values" = session ] || [ "$values" = window ]; then printf -v line %q "$line"; fi
          # Existing folders are already in the list.
          case $'\\n'"\${COMPREPLY[*]}"$'\\n' in *$'\\n'"$line"$'\\n'*) continue ;; esac
          COMPREPLY+=("$line")
        fi
      done < <("$program" __complete "$kind" 2>/dev/null)
      ;;
  esac
}`;
}

function walk(names: string, ending: string, pairs: string): string {
  const leading = leadingOptions();
  const words = leading.flatMap(({ names }) => names);
  const valued = leading.filter(({ values }) => values).flatMap(({ names }) => names);
  return `_sessionctl() {
  local program=\${_sessionctl_path:-$1} current=\${COMP_WORDS[COMP_CWORD]}
  local name='' option='' operands=0 plain='' at word REPLY
  COMPREPLY=()
  # Under another name (code), the program acts as: sessionctl open.
  if [[ \${1##*/} != sessionctl* ]]; then
    local COMP_WORDS=("$1" open "\${COMP_WORDS[@]:1}") COMP_CWORD=$((COMP_CWORD + 1))
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ $word == = && -n $option ]]; then continue; fi
    if [[ -n $option ]]; then option=''; continue; fi
    if [[ -z $name && $word == -* ]]; then
      # A global option may precede the command.
      case $word in ${valued.join(" | ")}) option=$word ;; esac
      continue
    fi
    if [[ -z $name ]]; then name=$word; continue; fi
    if [[ -z $plain && $word == -- ]]; then plain=1; continue; fi
    if [[ -z $plain && $word == -?* ]]; then
      _sessionctl_option_values "$name" "$word"
      if [[ -n $REPLY ]]; then option=$word; fi
      continue
    fi
    case "$name $word" in ${pairs}) name="$name $word"; continue ;; esac
    operands=$((operands + 1))
    case $name in ${ending}) plain=1 ;; esac
  done
  if [[ -n $option && $current == = ]]; then current=''; fi
  if [[ -z $name && -n $option ]]; then
    _sessionctl_option_values open "$option"
    _sessionctl_reply "$program" "$REPLY" "$current"
  elif [[ -z $name && $current == -* ]]; then
    COMPREPLY=($(compgen -W '${words.join(" ")} --help --version' -- "$current"))
  elif [[ -z $name ]]; then
    type compopt >/dev/null 2>&1 && compopt +o default +o bashdefault
    COMPREPLY=($(compgen -W '${names} --help --version' -- "$current"))
  elif [[ -n $option ]]; then
    _sessionctl_option_values "$name" "$option"
    _sessionctl_reply "$program" "$REPLY" "$current"
  elif [[ -z $plain && $current == -* ]]; then
    _sessionctl_options "$name"
    COMPREPLY=($(compgen -W "$REPLY" -- "$current"))
  else
    _sessionctl_operand_values "$name" "$operands"
    _sessionctl_reply "$program" "$REPLY" "$current"
  fi
}`;
}
