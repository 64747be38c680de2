import { quoteAlways } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/** What a hook brings besides registering windows. */
export interface HookOptions {
  /** Absolute path of sessionctl. */
  readonly program: string;
  /** Whether the registry is started, too, if none runs. */
  readonly start: boolean;
  /** A function `code`. */
  readonly code: boolean;
  /** The value of `EDITOR`, `VISUAL` and `GIT_EDITOR`, if it is to set them. */
  readonly editor: string | undefined;
  /** The value of `BROWSER`, if it is to set it. */
  readonly browser: string | undefined;
  /** The directory of the links that were made for it, if any: remembered, so that they can be undone. */
  readonly links?: string;
}

const EDITOR_VARIABLES = ["EDITOR", "VISUAL", "GIT_EDITOR"] as const;

/**
 * The hook for a shell's start-up file.
 *
 * It uses nothing but the shell's own commands, forks once, and that only in a terminal of
 * a window not registered before. `SESSIONCTL_TERMINAL` keeps a shell inside that terminal's
 * shell, which may be in another folder, from registering it again.
 *
 * It must not print or fail, whatever the user has set: `set -eu`, job control (which would
 * tell of the background process), zsh's BG_NICE (which complains where it may not), a
 * restricted shell (which may not redirect), or a program that is gone.
 *
 * Source of the variables: microsoft/vscode `src/vs/server/node/remoteTerminalChannel.ts` and
 * `src/vs/workbench/contrib/terminal/common/terminalEnvironment.ts`.
 */
export function hookText(shell: HookShell, options: HookOptions): string {
  const lines = shell === "fish" ? fishLines(options) : posixLines(shell, options);
  const { links } = options;
  // A comment ends with its line, so no name of two lines may be in one.
  const remembered = links === undefined || /[\r\n]/.test(links) ? [] : [`${LINKS_ARE_IN}${links}`];
  return `${[lines[0], ...remembered, ...lines.slice(1)].join("\n")}\n`;
}

const LINKS_ARE_IN = "# Links in: ";

/** The directory of the links that a hook was made with. */
export function linksOfHook(text: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(LINKS_ARE_IN))?.slice(LINKS_ARE_IN.length);
}

function addCommand(program: string, { start }: HookOptions): string {
  return `${program} add --terminal${start ? " --start" : ""} </dev/null >/dev/null 2>&1`;
}

function posixLines(shell: "bash" | "zsh", options: HookOptions): string[] {
  const program = quoteAlways("posix", options.program);
  const lines = [
    `# sessionctl's hook for ${shell}: docs/shell.md says what each part is for.`,
    'if [ -n "${VSCODE_IPC_HOOK_CLI-}" ] && [ "${TERM_PROGRAM-}" = vscode ] &&',
    '  [ -z "${TMUX-}${STY-}" ] && [ "${SESSIONCTL_TERMINAL-}" != "$VSCODE_IPC_HOOK_CLI" ] &&',
    `  [ "\${-#*r}" = "$-" ] && [ -x ${program} ]; then`,
    '  export SESSIONCTL_TERMINAL="$VSCODE_IPC_HOOK_CLI"',
    `  ${inBackground(shell, addCommand(program, options))}`,
    "fi",
  ];
  const settings: string[] = [];
  if (options.code) {
    // An alias of that name would be expanded first.
    settings.push("unalias code 2>/dev/null || :");
    settings.push(`function code { ${program} open "$@"; }`);
  }
  for (const [name, value] of variables(options)) {
    settings.push(`export ${name}=${quoteAlways("posix", value)}`);
  }
  return [...lines, ...block(`if [ -x ${program} ]; then`, settings, "fi")];
}

/** What there is to set, unless sessionctl is gone: git would have no editor then. */
function block(condition: string, settings: readonly string[], end: string): string[] {
  if (settings.length === 0) return [];
  return [condition, ...settings.map((line) => `  ${line}`), end];
}

/** zsh tells of a background job on the terminal itself, where no redirection helps. */
function inBackground(shell: "bash" | "zsh", command: string): string {
  return shell === "bash"
    ? `{ ${command} & disown; } 2>/dev/null || :`
    : `() { setopt localoptions nomonitor nobgnice; ${command} &! } 2>/dev/null || :`;
}

function fishLines(options: HookOptions): string[] {
  const program = quoteAlways("fish", options.program);
  const lines = [
    "# sessionctl's hook for fish: docs/shell.md says what each part is for.",
    'if test -n "$VSCODE_IPC_HOOK_CLI" -a "$TERM_PROGRAM" = vscode -a -z "$TMUX$STY" \\',
    `    -a "$SESSIONCTL_TERMINAL" != "$VSCODE_IPC_HOOK_CLI" -a -x ${program}`,
    "  set -gx SESSIONCTL_TERMINAL $VSCODE_IPC_HOOK_CLI",
    `  command ${addCommand(program, options)} &`,
    "  disown 2>/dev/null",
    "end",
  ];
  const settings: string[] = [];
  if (options.code) {
    settings.push(
      "function code --wraps 'sessionctl open' --description 'sessionctl open'",
      `  command ${program} open $argv`,
      "end",
    );
  }
  for (const [name, value] of variables(options)) {
    settings.push(`set -gx ${name} ${quoteAlways("fish", value)}`);
  }
  return [...lines, ...block(`if test -x ${program}`, settings, "end")];
}

function variables({ editor, browser }: HookOptions): [name: string, value: string][] {
  return [
    ...(editor === undefined
      ? []
      : EDITOR_VARIABLES.map((name): [string, string] => [name, editor])),
    ...(browser === undefined ? [] : [["BROWSER", browser] as [string, string]]),
  ];
}
