import { defineCommand, ExitCode } from "../cli/mod.ts";
import { workspaceFolders } from "../registry/mod.ts";
import { start } from "./shared/arguments.ts";

/** `sessionctl pick`: lets the user choose among the live windows. */
export const command = defineCommand({
  name: "pick",
  group: "open",
  summary: "Choose a live window and print its editor socket",
  operands: [],
  options: { start },
  examples: [
    {
      command: "sessionctl open --pick notes.md",
      does: "open a file in the window that you choose",
    },
    {
      command: "export VSCODE_IPC_HOOK_CLI=$(sessionctl pick)",
      does: "set the variable for other tools in this shell",
    },
  ],
  details: [
    "pick asks on the terminal: arrow keys and Enter choose, letters search, and Esc or " +
    "Ctrl-C cancels with exit code 1. Without a terminal, it fails.",
  ],
  async run(context) {
    const { pickWindow } = await import("./shared/pick_window.ts");
    const { socketPath, kind, workspace } = await pickWindow(context);
    const { output } = context;
    if (output.json) output.value({ socketPath, kind, folders: workspaceFolders(workspace) });
    else output.line(socketPath);
    return ExitCode.Done;
  },
});
