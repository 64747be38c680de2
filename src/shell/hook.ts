import { completionLoader } from "./completion_loader.ts";
import { LINKS } from "./links.ts";
import { powershellLines } from "./powershell.ts";
import { quoteAlways } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/** Options of a hook besides registering windows. */
export interface HookOptions {
  /** Absolute path of sessionctl. */
  readonly program: string;
  /** Whether to start the registry if none runs. */
  readonly start: boolean;
  /** Whether to define a function `code`. */
  readonly code: boolean;
  /** The value of `EDITOR`, `VISUAL` and `GIT_EDITOR`, if the hook sets them. */
  readonly editor: string | undefined;
  /** The value of `BROWSER`, if the hook sets it. */
  readonly browser: string | undefined;
  /** The directory of the links that `EDITOR` and `BROWSER` name, if any. The hook remembers it for `--uninstall`. */
  readonly links?: string;
  /** The start-up file that sources the hook, if it is not the shell's usual one. */
  readonly rc?: string;
}

const EDITOR_VARIABLES = ["EDITOR", "VISUAL", "GIT_EDITOR"] as const;

/**
 * Creates the hook for a shell's start-up file.
 *
 * It uses only the shell's own commands, and forks once, only in a terminal of a window that is not
 * yet registered. `SESSIONCTL_TERMINAL` prevents a shell inside that terminal's shell, which may be
 * in another folder, from registering it again.
 *
 * It must not print or fail, whatever the user's settings: `set -eu`, job control (which would
 * announce the background process), zsh's BG_NICE (which complains if it is not permitted), a
 * restricted shell (which must not redirect), or a missing program.
 *
 * Source of the variables: microsoft/vscode `src/vs/server/node/remoteTerminalChannel.ts` and
 * `src/vs/workbench/contrib/terminal/common/terminalEnvironment.ts`.
 */
export function hookText(shell: HookShell, options: HookOptions): string {
  const lines = linesFor(shell, options);
  const remembered = (["links", "rc"] as const).flatMap((what) => {
    const path = options[what];
    // A comment ends with its line, so a name with a newline cannot be stored in one.
    return path === undefined || /[\r\n]/.test(path) ? [] : [`${REMEMBERED[what]}${path}`];
  });
  return `${[lines[0], ...remembered, ...lines.slice(1)].join("\n")}\n`;
}

function linesFor(shell: HookShell, options: HookOptions): string[] {
  if (shell === "fish") return fishLines(options);
  if (shell !== "powershell") return posixLines(shell, options);
  const { program, start, code } = options;
  const completed = ["sessionctl", ...isCode(options) ? ["code"] : []];
  return powershellLines({ program, start, code, completed, variables: variablesOf(options) });
}

const REMEMBERED = { links: "# Links in: ", rc: "# Sourced by: " } as const;

/** A value stored in a hook: the directory of the links, or another start-up file. */
export function rememberedInHook(text: string, what: keyof typeof REMEMBERED): string | undefined {
  const mark = REMEMBERED[what];
  return text.split("\n").find((line) => line.startsWith(mark))?.slice(mark.length);
}

function addCommand(program: string, { start }: HookOptions): string {
  return `${program} add --terminal${start ? " --start" : ""} </dev/null >/dev/null 2>&1`;
}

function posixLines(shell: "bash" | "zsh", options: HookOptions): string[] {
  const program = quoteAlways("posix", options.program);
  const lines = [
    `# sessionctl's hook for ${shell}: docs/shell.md explains each part.`,
    'if [ -n "${VSCODE_IPC_HOOK_CLI-}" ] && [ "${TERM_PROGRAM-}" = vscode ] &&',
    '  [ -z "${TMUX-}${STY-}" ] && [ "${SESSIONCTL_TERMINAL-}" != "$VSCODE_IPC_HOOK_CLI" ] &&',
    `  [ "\${-#*r}" = "$-" ] && [ -x ${program} ]; then`,
    '  export SESSIONCTL_TERMINAL="$VSCODE_IPC_HOOK_CLI"',
    `  ${inBackground(shell, addCommand(program, options))}`,
    "fi",
  ];
  const own = completionLoader(shell, options.program, isCode(options));
  // An alias with that name would be expanded first; unalias complains if there is none.
  const code = ["alias code=; unalias code", `function code { ${program} open "$@"; }`];
  if (options.code) own.unshift(...code);
  for (
    const { program, lines: settings } of guardedSettings(options, own, {
      set: (name, value) => `export ${name}=${quoteAlways("posix", value)}`,
      beforeEditor: (editor) => shell === "zsh" ? keptKeymap(editor) : [],
    })
  ) {
    const condition = `if [ -x ${quoteAlways("posix", program)} ]; then`;
    lines.push(condition, ...settings.map((line) => `  ${line}`), "fi");
  }
  return lines;
}

/**
 * zsh uses vi's keys if `VISUAL` or `EDITOR` contains "vi" (as in /home/david) when its line editor
 * loads. The hook loads it before setting our value. An inherited value of ours does not count.
 *
 * Source: zshzle(1) "Keymaps".
 */
function keptKeymap(editor: string): string[] {
  const ours = quoteAlways("posix", editor);
  return [
    "if [[ -o interactive ]] && ! zmodload -e zsh/zle; then",
    `  [[ "\${EDITOR-}" != ${ours} ]] || unset EDITOR`,
    `  [[ "\${VISUAL-}" != ${ours} ]] || unset VISUAL`,
    "  zmodload zsh/zle 2>/dev/null || :",
    "fi",
  ];
}

/** Whether the command `code` is ours, as a function or a link. */
const isCode = ({ code, links }: HookOptions) => code || links !== undefined;

interface Setter {
  set(name: string, value: string): string;
  beforeEditor?(editor: string): readonly string[];
}

/**
 * The variables that the hook sets, by the program that must exist for them: otherwise git would
 * have no editor.
 */
function variablesOf(
  { program, links, editor, browser }: HookOptions,
): Map<string, Record<string, string>> {
  const byProgram = new Map<string, Record<string, string>>();
  const add = (name: string, variables: Record<string, string>) => {
    const needed = links === undefined ? program : `${links}/${name}`;
    byProgram.set(needed, { ...byProgram.get(needed), ...variables });
  };
  if (editor !== undefined) {
    add(LINKS.editor, Object.fromEntries(EDITOR_VARIABLES.map((name) => [name, editor])));
  }
  if (browser !== undefined) add(LINKS.browser, { BROWSER: browser });
  return byProgram;
}

/** Actions of the hook, by the program that they need. */
function guardedSettings(
  options: HookOptions,
  own: readonly string[],
  { set, beforeEditor = () => [] }: Setter,
): { program: string; lines: string[] }[] {
  const byProgram = new Map([[options.program, [...own]]]);
  for (const [program, variables] of variablesOf(options)) {
    const lines = Object.entries(variables).map(([name, value]) => set(name, value));
    const before = "EDITOR" in variables ? beforeEditor(variables.EDITOR!) : [];
    byProgram.set(program, [...byProgram.get(program) ?? [], ...before, ...lines]);
  }
  return [...byProgram].map(([program, lines]) => ({ program, lines }));
}

/** zsh reports a background job directly on the terminal, which a redirection does not prevent. */
function inBackground(shell: "bash" | "zsh", command: string): string {
  return shell === "bash"
    ? `{ ${command} & disown; } 2>/dev/null || :`
    : `() { setopt localoptions nomonitor nobgnice; ${command} &! } 2>/dev/null || :`;
}

function fishLines(options: HookOptions): string[] {
  const program = quoteAlways("fish", options.program);
  const lines = [
    "# sessionctl's hook for fish: docs/shell.md explains each part.",
    'if test -n "$VSCODE_IPC_HOOK_CLI" -a "$TERM_PROGRAM" = vscode -a -z "$TMUX$STY" \\',
    `    -a "$SESSIONCTL_TERMINAL" != "$VSCODE_IPC_HOOK_CLI" -a -x ${program}`,
    "  set -gx SESSIONCTL_TERMINAL $VSCODE_IPC_HOOK_CLI",
    `  command ${addCommand(program, options)} &`,
    "  disown 2>/dev/null",
    "end",
  ];
  const own = completionLoader("fish", options.program, isCode(options));
  const code = [
    "function code --wraps 'sessionctl open' --description 'sessionctl open'",
    `  command ${program} open $argv`,
    "end",
  ];
  if (options.code) own.unshift(...code);
  for (
    const { program, lines: settings } of guardedSettings(options, own, {
      set: (name, value) => `set -gx ${name} ${quoteAlways("fish", value)}`,
    })
  ) {
    const condition = `if test -x ${quoteAlways("fish", program)}`;
    lines.push(condition, ...settings.map((line) => `  ${line}`), "end");
  }
  return lines;
}
