/** The man page, from the specs that parse. */
import { globalOptions, usageLine, VERSION } from "../mod.ts";
import { alternatives, type CommandSpec, optionNotes, type OptionSpec } from "../spec.ts";
import { bold, escaped, example, italic, withPlaceholders } from "./roff.ts";

const EXIT_STATUS: readonly [code: string, meaning: string][] = [
  ["0", "Done."],
  ["1", "Nothing matched, or the editor refused."],
  ["2", "The command line is wrong."],
  ["3", "No registry answers."],
  ["4", "A time limit passed."],
];

const ENVIRONMENT: readonly [name: string, meaning: string][] = [
  ["SESSIONCTL_AUTOSTART", "1: commands that find no registry start one, as with --start."],
  ["SESSIONCTL_CONFIG", "The config file; none for no file."],
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
    ...[...optionVariables(visible), ...ENVIRONMENT].flatMap((
      [name, meaning],
    ) => [".TP", bold(name), escaped(meaning)]),
    ".SH FILES",
    ".TP",
    italic("$XDG_RUNTIME_DIR/sessionctl/registry.sock"),
    "The registry's socket; without that directory it is below",
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

/** The variables that stand for options, each once. */
function optionVariables(specs: readonly CommandSpec[]): [name: string, meaning: string][] {
  const found = new Map<string, string>();
  for (const { options } of [...specs, { options: globalOptions }]) {
    for (const { env, name } of options) {
      if (env !== undefined) found.set(env, `What counts where --${name} is not given.`);
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
