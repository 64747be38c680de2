import {
  type Arguments,
  type CommandContext,
  type CommandDefinition,
  option,
} from "../../cli/mod.ts";
import { start } from "../shared/arguments.ts";
import { targetOptions } from "../shared/editor_target.ts";
import { ignoredOptions, isSubcommand } from "./vscode_options.ts";

/** A supported option of VS Code that the help does not list. */
const hidden = { summary: "", hidden: true, oneCall: true } as const;
const uri = { valueName: "URI", oneCall: true } as const;
const extension = { valueName: "EXTENSION", oneCall: true } as const;

/** VS Code's own options first, in its order and with its number of values; then ours. */
const options = {
  diff: option.flag({
    short: "d",
    summary: "Compare two files: A B",
    oneCall: true,
    conflicts: ["merge", "add", "remove"],
  }),
  merge: option.flag({
    short: "m",
    summary: "Merge three versions of a file: A B BASE RESULT",
    oneCall: true,
    conflicts: ["add", "remove"],
  }),
  add: option.flag({
    short: "a",
    summary: "Add folders to the window",
    oneCall: true,
    conflicts: ["remove"],
  }),
  remove: option.flag({ summary: "Remove folders from the window", oneCall: true }),
  goto: option.flag({
    short: "g",
    summary: "Go to FILE:LINE[:COLUMN] (also recognized without this option)",
  }),
  newWindow: option.flag({ short: "n", summary: "Open in a new window" }),
  reuseWindow: option.flag({ short: "r", summary: "Open in an existing window" }),
  wait: option.flag({ short: "w", summary: "Wait until the files are closed" }),
  folderUri: option.list(option.text({ ...uri, summary: "Open a folder by its URI" })),
  fileUri: option.list(option.text({ ...uri, summary: "Open a file by its URI" })),
  remote: option.text({ ...hidden, valueName: "AUTHORITY", mayBeEmpty: true }),
  listExtensions: option.flag({ summary: "List the installed extensions", oneCall: true }),
  showVersions: option.flag({
    summary: "Also print their versions (with --list-extensions)",
    oneCall: true,
  }),
  category: option.text({
    valueName: "CATEGORY",
    summary: "Only extensions of this category (with --list-extensions)",
    oneCall: true,
  }),
  installExtension: option.list(
    option.text({ ...extension, summary: "Install an extension or .vsix file" }),
  ),
  uninstallExtension: option.list(
    option.text({ ...extension, summary: "Uninstall an extension" }),
  ),
  force: option.flag({
    summary: "Update without asking (with --install-extension)",
    oneCall: true,
  }),
  status: option.flag({
    short: "s",
    summary: "Print the editor's processes and diagnostics",
    oneCall: true,
  }),
  version: option.flag({ short: "v", summary: "Print the version", oneCall: true }),
  openExternal: option.flag({ ...hidden, name: "openExternal" }),
  stdinToClipboard: option.flag({ ...hidden, short: "c" }),
  ...targetOptions,
  pick: option.flag({
    summary: "Choose a live window, a desktop editor or a linked machine interactively",
    oneCall: true,
    conflicts: ["to", "strict"],
  }),
  launch: option.named("program", {
    valueName: "COMMAND",
    summary: "If no window is found, run this command; auto: the installed desktop editor",
    env: "SESSIONCTL_LAUNCH",
  }),
  start,
  strict: option.flag({ summary: "Use only a window that holds the path, no other as a fallback" }),
  dryRun: option.flag({
    summary: "Print the window and the message, and send nothing",
    oneCall: true,
  }),
};

/** The context of `open`. */
export type OpenContext = CommandContext<Arguments<typeof options>>;

/** The definition of `open`, without its function. */
export const openDefinition: Omit<CommandDefinition<typeof options>, "run"> = {
  name: "open",
  group: "open",
  summary: "Open files and folders in the right live editor window",
  operands: [{ name: "FILE[:LINE[:COLUMN]]", kind: "place", arity: "any" }],
  options,
  examples: [
    { command: "sessionctl open src/main.ts:12", does: "open a file at line 12" },
    { command: "git diff | sessionctl open -", does: "open the output of a command" },
    {
      command: "GIT_EDITOR='sessionctl open --wait' git commit",
      does: "write the commit message in the editor",
    },
    {
      command: "sessionctl open hostb:/srv/api/main.ts",
      does: "open a file of a machine of the fleet, or of one with a link",
    },
    { command: "sessionctl open -d a.txt b.txt", does: "compare two files side by side" },
    {
      command: "sessionctl open --launch code-server src",
      does: "start an editor if no window is found",
    },
    {
      command: "alias code='sessionctl open'",
      does: "use it in place of VS Code's command line",
    },
  ],
  details: [
    "open looks for the window in this order: the one that --to names; the one that " +
    "VSCODE_IPC_HOOK_CLI names, if it is live (inside tmux or screen, a window known to " +
    "hold the path comes first); a registered window that holds the path; the instance " +
    "socket of a folder above the path; an unregistered editor whose processes work in a " +
    "folder above the path; a desktop editor with a window that holds the path; a window that " +
    "holds it on the machine at the other end of an ssh link (sessionctl ssh), or in the fleet. " +
    "If no window holds it, open uses the one that holds the current folder, or else the most " +
    "recent live window, or else the desktop editor that was started last, or else the editor at " +
    "the other end of the link that was used last. Git's own files (below .git) go " +
    "to the window of the folder in which git was called. --verbose prints the search.",
    "A file that does not exist opens as a new file. If a file's name really ends in :12, " +
    "open uses the whole name. A line can also be given as +12 FILE, +12:3 FILE or FILE " +
    "+12, in a file:// URI, or in a line that grep -n prints. The operands -, /dev/stdin, " +
    "/dev/fd/N and the shell's <(COMMAND) open the data that can be read from them. open " +
    "names other options of VS Code on stderr and ignores them.",
    "HOST:/PATH names a file of another machine: HOST is a machine with a link (sessionctl ssh) " +
    "or one of the fleet. PATH is absolute; a folder ends with a slash. It opens in the window " +
    "that has it, on whichever machine, or else in a desktop editor. If this machine has a " +
    "folder HOST:, the operand is a file in that folder.",
    "The exit code is 1 if no window is found, the editor refuses, or the editor ends " +
    "while --wait waits. With --merge --wait, it is also 1 if RESULT is unchanged or " +
    "still contains conflict markers.",
  ],
  isForeign: isSubcommand,
  ignoredOptions,
};
