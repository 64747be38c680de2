/** The man page, generated from the specs that the parser uses. */
import { globalOptions, usageLine, VERSION } from "../mod.ts";
import { alternatives, type CommandSpec, optionNotes, type OptionSpec } from "../spec.ts";
import { bold, escaped, example, italic, withPlaceholders } from "./roff.ts";

const EXIT_STATUS: readonly [code: string, meaning: string][] = [
  ["0", "Success."],
  ["1", "Nothing matched, or the editor refused."],
  ["2", "The command line is wrong."],
  ["3", "No registry answers."],
  ["4", "A time limit was exceeded."],
];

const ENVIRONMENT: readonly [name: string, meaning: string][] = [
  ["SESSIONCTL_AUTOSTART", "1: commands that find no registry start one, as with --start."],
  ["SESSIONCTL_CONFIG", "Path of the config file; none disables it."],
  [
    "SESSIONCTL_FOLDER",
    "Folders of the terminal's window, one per line (add --terminal).",
  ],
  ["SESSIONCTL_TERMINAL", "Editor socket that the shell's hook registered; set by the hook."],
  [
    "VSCODE_IPC_HOOK_CLI",
    "Editor socket of the terminal's window; set by the editor.",
  ],
  ["CODE_SERVER_SESSION_SOCKET", "Socket of code-server's own registry."],
  [
    "TMUX, STY",
    "Inside tmux or screen, the editor's variable may be another window's and is trusted " +
    "less.",
  ],
  ["NO_COLOR", "Disables colours."],
  [
    "XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_DATA_HOME",
    "Folders of the sockets, the state and the hook.",
  ],
];

/**
 * Generates the page `sessionctl(1)`, with every command.
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
      "sessionctl keeps a registry of live VS Code windows. For a path, it ranks the " +
        "windows, checks that the best one is live, and opens the file there: from any " +
        "terminal, tmux, a script, or git commit.",
    ),
    ".SH COMMANDS",
    ...visible.flatMap(commandSection),
    ".SH OPTIONS OF EVERY COMMAND",
    ...globalOptions.flatMap(optionEntry),
    ".SH EXIT STATUS",
    ...EXIT_STATUS.flatMap(([code, meaning]) => [".TP", bold(code), escaped(meaning)]),
    ".SH ENVIRONMENT",
    ...Array.from(
      new Map([...optionVariables(visible), ...ENVIRONMENT]),
      ([name, meaning]) => [".TP", bold(name), escaped(meaning)],
    ).flat(),
    ".SH FILES",
    ".TP",
    italic("$XDG_RUNTIME_DIR/sessionctl/registry.sock"),
    "Socket of the registry. Without that directory, it is below",
    `${italic("/run/user/UID")} or ${italic("/tmp/sessionctl-UID")}.`,
    ".TP",
    italic("$XDG_STATE_HOME/sessionctl/registry.db"),
    `The registry's state; by default below ${italic("~/.local/state")}.`,
    ".TP",
    italic("$XDG_CONFIG_HOME/sessionctl/config.jsonc"),
    `Defaults for any option; by default below ${italic("~/.config")}.`,
    ".SH SEE ALSO",
    `${bold("git")}(1), ${bold("tmux")}(1), ${bold("xdg-open")}(1)`,
    "",
  ].join("\n");
}

/** The variables of options, each once. */
function optionVariables(specs: readonly CommandSpec[]): [name: string, meaning: string][] {
  const found = new Map<string, string>();
  for (const { options } of [...specs, { options: globalOptions }]) {
    for (const { env, name } of options) {
      if (env !== undefined) found.set(env, `Default for --${name}.`);
    }
  }
  return [...found];
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
    ...[...alternatives(spec), ...spec.details ?? []].flatMap((
      paragraph,
    ) => [".PP", escaped(paragraph)]),
  ];
}

function optionEntry(option: OptionSpec): string[] {
  const { name, short, type, valueName, summary } = option;
  const words = [...short ? [bold(`-${short}`)] : [], bold(`--${name}`)].join(", ");
  const notes = optionNotes(option).map((note) => ` (${note})`).join("");
  return [
    ".TP",
    type === "flag" ? words : `${words} ${italic(valueName ?? "VALUE")}`,
    `${escaped(summary + notes)}.`,
  ];
}
