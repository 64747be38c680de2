import {
  type Arguments,
  type CommandContext,
  type CommandDefinition,
  option,
} from "../../cli/mod.ts";
import { start } from "../shared/arguments.ts";
import { targetOptions } from "../shared/editor_target.ts";
import { ignoredOptions, isSubcommand } from "./vscode_options.ts";

/** What an option of VS Code has that is understood, and left out of help. */
const hidden = { summary: "", hidden: true, oneCall: true } as const;
const uri = { valueName: "URI", oneCall: true } as const;
const extension = { valueName: "EXTENSION", oneCall: true } as const;

/** VS Code's own options first, in its order and arity; then ours. */
const options = {
  diff: option.flag({
    short: "d",
    summary: "Compare two files: A B",
    oneCall: true,
    conflicts: ["merge", "add", "remove"],
  }),
  merge: option.flag({
    short: "m",
    summary: "Merge three ways: A B BASE RESULT",
    oneCall: true,
    conflicts: ["add", "remove"],
  }),
  add: option.flag({
    short: "a",
    summary: "Add the folders to the window",
    oneCall: true,
    conflicts: ["remove"],
  }),
  remove: option.flag({ summary: "Remove the folders from the window", oneCall: true }),
  goto: option.flag({
    short: "g",
    summary: "Go to FILE:LINE[:COLUMN] (understood without it, too)",
  }),
  newWindow: option.flag({ short: "n", summary: "Open a new window" }),
  reuseWindow: option.flag({ short: "r", summary: "Open in a window that is open already" }),
  wait: option.flag({ short: "w", summary: "Return when the files are closed" }),
  folderUri: option.list(option.text({ ...uri, summary: "Open a folder by its URI" })),
  fileUri: option.list(option.text({ ...uri, summary: "Open a file by its URI" })),
  remote: option.text({ ...hidden, valueName: "AUTHORITY", mayBeEmpty: true }),
  listExtensions: option.flag({ summary: "List the installed extensions", oneCall: true }),
  showVersions: option.flag({
    summary: "With --list-extensions: their versions, too",
    oneCall: true,
  }),
  category: option.text({
    valueName: "CATEGORY",
    summary: "With --list-extensions: only those of a category",
    oneCall: true,
  }),
  installExtension: option.list(
    option.text({ ...extension, summary: "Install an extension or .vsix file" }),
  ),
  uninstallExtension: option.list(
    option.text({ ...extension, summary: "Uninstall an extension" }),
  ),
  force: option.flag({
    summary: "With --install-extension: update, ask nothing",
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
    summary: "Choose the window among the live ones",
    oneCall: true,
    conflicts: ["to", "strict"],
  }),
  launch: option.named("program", {
    valueName: "COMMAND",
    summary: "Run this with the files when there is no window",
    env: "SESSIONCTL_LAUNCH",
  }),
  start,
  strict: option.flag({ summary: "Only a window that holds the path, no other as a fallback" }),
  dryRun: option.flag({
    summary: "Print where it would go and what would be sent",
    oneCall: true,
  }),
};

/** What the parts of `open` get. */
export type OpenContext = CommandContext<Arguments<typeof options>>;

/** `open`, but for its function. */
export const openDefinition: Omit<CommandDefinition<typeof options>, "run"> = {
  name: "open",
  group: "open",
  summary: "Open files and folders in the right live editor window",
  operands: [{ name: "FILE[:LINE[:COLUMN]]", kind: "file", arity: "any" }],
  options,
  examples: [
    { command: "sessionctl open src/main.ts:12", does: "at line 12, in the window of its folder" },
    { command: "git diff | sessionctl open -", does: "what is piped in" },
    {
      command: "GIT_EDITOR='sessionctl open --wait' git commit",
      does: "commit when the message's tab is closed",
    },
    { command: "sessionctl open -d a.txt b.txt", does: "side by side" },
    {
      command: "sessionctl open --launch code-server src",
      does: "start an editor if there is none",
    },
    {
      command: "alias code='sessionctl open'",
      does: "VS Code's own options work as they do there",
    },
  ],
  details: [
    "The window is, in this order: the one --to names; the one of VSCODE_IPC_HOOK_CLI, if it is " +
    "live (a window that is known to hold the path goes first inside tmux or screen); one that a " +
    "registry knows for the path; an instance socket of a folder above it; an editor whose " +
    "processes work in a folder above it. Where no window holds the path, the one that holds the " +
    "current folder is next, then whichever live window is the most recent. Git's own files " +
    "(below a .git) belong to the folder that git was called in. --verbose shows the search.",
    "A file that does not exist is opened as a new one. A file whose name really ends in :12 is " +
    "opened as it is. +12 FILE (or +12:3, also behind FILE) names a line as well, and so do " +
    "file:// URIs and lines that grep -n prints. -, /dev/stdin, /dev/fd/N and a shell's <(COMMAND) " +
    "open what they bring. Other options of VS Code are named on stderr and ignored.",
    "Exits 1 when there is no window, the editor refuses, or it dies while --wait waits; with " +
    "--merge --wait also when RESULT is unchanged or still has conflict markers.",
  ],
  isForeign: isSubcommand,
  ignoredOptions,
};
