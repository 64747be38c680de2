import { quoteAlways } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/** A shell whose completion script contains the specs, and so is loaded late. */
type ScriptShell = Exclude<HookShell, "powershell">;

/**
 * The hook's lines for completions of `sessionctl`, and of `code` if that is ours. The first Tab
 * generates the completion script, so that it does not delay the start of shells, and no file of an
 * older version remains.
 *
 * @param program Absolute path of sessionctl.
 * @param code Whether the command `code` is `sessionctl open`.
 */
export function completionLoader(shell: ScriptShell, program: string, code: boolean): string[] {
  const names = code ? "sessionctl code" : "sessionctl";
  const quoted = quoteAlways(shell === "fish" ? "fish" : "posix", program);
  switch (shell) {
    case "bash":
      return [
        "_sessionctl() {",
        "  local script",
        `  _sessionctl_path=${quoted}`,
        '  script=$("$_sessionctl_path" completions bash 2>/dev/null) && eval "$script" &&',
        '    _sessionctl "$@"',
        "}",
        `complete -o bashdefault -o default -F _sessionctl ${names} || :`,
      ];
    case "zsh":
      return [
        'if [[ -n "${functions[compdef]-}" ]]; then',
        `  _sessionctl_path=${quoted}`,
        "  _sessionctl() {",
        "    local script",
        '    script=$("$_sessionctl_path" completions zsh 2>/dev/null) && eval "$script" &&',
        '      _sessionctl "$@"',
        "  }",
        `  compdef _sessionctl ${names}`,
        "fi",
      ];
    case "fish":
      // `code` wraps `sessionctl open`, and so has the same completions.
      return [
        `set -g __sessionctl_path ${quoted}`,
        "function __sessionctl_load",
        `  command $__sessionctl_path completions fish | source`,
        "  complete -C (commandline -cp)",
        "end",
        "complete -c sessionctl -x -a '(__sessionctl_load)'",
      ];
  }
}
