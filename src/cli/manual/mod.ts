/** The man page, from the specs that parse. */
import { usageLine } from "../parse.ts";
import { type CommandSpec, globalOptions, type OptionSpec } from "../spec.ts";
import { VERSION } from "../version.ts";
import { bold, escaped, example, italic, withPlaceholders } from "./roff.ts";

const EXIT_STATUS: readonly [code: string, meaning: string][] = [
  ["0", "Done."],
  ["1", "Nothing matched, or the editor refused."],
  ["2", "The command line is wrong."],
  ["3", "No registry answers."],
  ["4", "A time limit passed."],
];

const ENVIRONMENT: readonly [name: string, meaning: string][] = [
  ["SESSIONCTL_SOCKET", "The registry's socket, where --socket is not given."],
  ["SESSIONCTL_LAUNCH", "What open runs when there is no window, where --launch is not given."],
  [
    "SESSIONCTL_FOLDER",
    "The folders of the window whose terminal it is, one a line (add --terminal).",
  ],
  ["SESSIONCTL_TERMINAL", "The editor socket the shell's hook registered; set by the hook."],
  [
    "VSCODE_IPC_HOOK_CLI",
    "The editor socket of the window whose terminal it is, set by the editor.",
  ],
  ["CODE_SERVER_SESSION_SOCKET", "Where code-server's own registry listens."],
  ["TMUX, STY", "Inside tmux or screen the editor's variable is trusted less."],
  ["NO_COLOR", "Nothing is coloured when it is set."],
  ["XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_DATA_HOME", "Where sockets, state and the hook lie."],
];

/**
 * The page `sessionctl(1)`, with every command.
 *
 * Source: groff_man(7), man-pages(7).
 */
export function manualPage(specs: readonly CommandSpec[]): string {
  const visible = specs.filter(({ hidden }) => !hidden);
  return [
    '.\\" Made by: sessionctl man',
    `.TH SESSIONCTL 1 "" "sessionctl ${escaped(VERSION)}" "User Commands"`,
    ".SH NAME",
    "sessionctl \\- open files in the right live editor window",
    ".SH SYNOPSIS",
    `.B sessionctl`,
    `${italic("COMMAND")} [${italic("options")}] [${italic("operands")}]`,
    ".SH DESCRIPTION",
    escaped(
      "sessionctl keeps a registry of the live VS Code windows, ranks them for a path, asks each " +
        "whether it is really there, and opens files in the right one: from any terminal, tmux, " +
        "a script, or git commit.",
    ),
    ".SH COMMANDS",
    ...visible.flatMap(commandSection),
    ".SH OPTIONS OF EVERY COMMAND",
    ...globalOptions.flatMap(optionEntry),
    ".SH EXIT STATUS",
    ...EXIT_STATUS.flatMap(([code, meaning]) => [".TP", bold(code), escaped(meaning)]),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => [".TP", bold(name), escaped(meaning)]),
    ".SH FILES",
    ".TP",
    italic("$XDG_RUNTIME_DIR/sessionctl/registry.sock"),
    "The registry's socket; without that directory it is below",
    `${italic("/run/user/UID")} or ${italic("/tmp/sessionctl-UID")}.`,
    ".TP",
    italic("$XDG_STATE_HOME/sessionctl/registry.db"),
    `The registry's state; by default below ${italic("~/.local/state")}.`,
    ".SH SEE ALSO",
    `${bold("git")}(1), ${bold("tmux")}(1), ${bold("xdg-open")}(1)`,
    "",
  ].join("\n");
}

function commandSection(spec: CommandSpec): string[] {
  const options = spec.options.filter(({ hidden }) => !hidden);
  return [
    `.SS ${escaped(spec.name)}`,
    `${escaped(spec.summary)}.`,
    ".PP",
    withPlaceholders(usageLine(spec)),
    ".PP",
    ...spec.examples.flatMap(({ command, does }) => [
      ...example([command]),
      ".RS",
      escaped(does),
      ".RE",
    ]),
    ...options.flatMap(optionEntry),
    ...(spec.details ?? []).flatMap((paragraph) => [".PP", escaped(paragraph)]),
  ];
}

function optionEntry({ name, short, type, valueName, summary, default: value }: OptionSpec) {
  const words = [...short ? [bold(`-${short}`)] : [], bold(`--${name}`)].join(", ");
  const fallback = value === undefined ? "" : ` (default ${value})`;
  return [
    ".TP",
    type === "flag" ? words : `${words} ${italic(valueName ?? "VALUE")}`,
    `${escaped(summary + fallback)}.`,
  ];
}
