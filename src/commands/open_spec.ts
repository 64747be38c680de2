import type { CommandSpec, OptionSpec } from "../cli/mod.ts";
import { startOption } from "./arguments.ts";
import { targetOptions } from "./editor_target.ts";
import { ignoredOptions, isSubcommand } from "./vscode_options.ts";

function flag(name: string, summary: string, short?: string): OptionSpec {
  return { name, short, type: "flag", summary };
}

/** What one call does, where other flags say how. */
function action(name: string, summary: string, short?: string): OptionSpec {
  return { ...flag(name, summary, short), oneCall: true };
}

function hidden(option: Omit<OptionSpec, "summary" | "hidden">): OptionSpec {
  return { ...option, summary: "", hidden: true, oneCall: true };
}

const extension = { valueName: "EXTENSION", type: "list", oneCall: true } as const;

/** VS Code's own options first, in its order and arity; then ours. */
const options: readonly OptionSpec[] = [
  action("diff", "Compare two files: A B", "d"),
  action("merge", "Merge three ways: A B BASE RESULT", "m"),
  action("add", "Add the folders to the window", "a"),
  action("remove", "Remove the folders from the window"),
  flag("goto", "Go to FILE:LINE[:COLUMN] (understood without it, too)", "g"),
  flag("new-window", "Open a new window", "n"),
  flag("reuse-window", "Open in a window that is open already", "r"),
  flag("wait", "Return when the files are closed", "w"),
  {
    name: "folder-uri",
    type: "list",
    oneCall: true,
    valueName: "URI",
    summary: "Open a folder by its URI",
  },
  {
    name: "file-uri",
    type: "list",
    oneCall: true,
    valueName: "URI",
    summary: "Open a file by its URI",
  },
  hidden({ name: "remote", type: "value", valueName: "AUTHORITY", mayBeEmpty: true }),
  action("list-extensions", "List the installed extensions"),
  action("show-versions", "With --list-extensions: their versions, too"),
  {
    name: "category",
    type: "value",
    oneCall: true,
    valueName: "CATEGORY",
    summary: "With --list-extensions: only those of a category",
  },
  { name: "install-extension", ...extension, summary: "Install an extension or .vsix file" },
  { name: "uninstall-extension", ...extension, summary: "Uninstall an extension" },
  action("force", "With --install-extension: update, ask nothing"),
  action("status", "Print the editor's processes and diagnostics", "s"),
  action("version", "Print the version", "v"),
  hidden({ name: "openExternal", type: "flag" }),
  hidden({ name: "stdin-to-clipboard", short: "c", type: "flag" }),
  ...targetOptions,
  { ...action("pick", "Choose the window among the live ones"), conflicts: ["to", "strict"] },
  {
    name: "launch",
    type: "value",
    valueName: "COMMAND",
    kind: "program",
    summary: "Run this with the files when there is no window",
    env: "SESSIONCTL_LAUNCH",
  },
  startOption,
  flag("strict", "Only a window that holds the path, no other as a fallback"),
  action("dry-run", "Print where it would go and what would be sent"),
];

export const openSpec: CommandSpec = {
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
    "live (inside tmux or screen a registered window that holds the path goes first); one that a " +
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
  get ignoredOptions() {
    return ignoredOptions();
  },
};
