import { defineCommand, ExitCode } from "../cli/mod.ts";
import { workspaceFolders } from "../registry/mod.ts";
import { requireUnixSockets } from "./shared/editor_target.ts";
import { start } from "./shared/arguments.ts";

/** `sessionctl pick`: a choice among the live windows. */
export const command = defineCommand({
  name: "pick",
  group: "open",
  summary: "Choose one of the live windows, and print its editor socket",
  operands: [],
  options: { start },
  examples: [
    { command: "sessionctl open --pick notes.md", does: "in the window you choose" },
    {
      command: "export VSCODE_IPC_HOOK_CLI=$(sessionctl pick)",
      does: "for the other tools of this shell",
    },
  ],
  details: [
    "It asks on the terminal: arrow keys and Enter choose, letters search, Esc or Ctrl-C ends it " +
    "with exit code 1. Without a terminal it is an error.",
  ],
  async run(context) {
    requireUnixSockets();
    const { pickWindow } = await import("./shared/pick_window.ts");
    const { socketPath, kind, workspace } = await pickWindow(context);
    const { output } = context;
    if (output.json) output.value({ socketPath, kind, folders: workspaceFolders(workspace) });
    else output.line(socketPath);
    return ExitCode.Done;
  },
});
