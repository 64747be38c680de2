import { defineCommand, ExitCode, option } from "../../cli/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import {
  RegistryClient,
  type SessionEntry,
  windowIdOf,
  workspaceFolders,
} from "../../registry/mod.ts";
import { checkWindow } from "./window.ts";
import { pathOperand, socketOperand, start, starter } from "../shared/arguments.ts";

/** `sessionctl add`: registers a window. */
export const command = defineCommand({
  name: "add",
  group: "registry",
  summary: "Register an editor window",
  operands: [
    {
      name: "SOCKET",
      kind: "socket",
      arity: "optional",
      requiredWithout: ["terminal"],
      conflicts: ["terminal"],
    },
    { name: "FOLDER", kind: "directory", arity: "any" },
  ],
  options: {
    kind: option.text({ valueName: "KIND", summary: "Kind of editor, as list shows it" }),
    relaySocket: option.socket({ summary: "Unix socket on which the editor serves HTTP" }),
    terminal: option.flag({
      summary: "Register the window of this integrated terminal, with the current folder",
    }),
    start,
  },
  examples: [
    {
      command: 'sessionctl add "$VSCODE_IPC_HOOK_CLI" "$PWD"',
      does: "register the window of this terminal",
    },
    { command: "sessionctl add --terminal", does: "do the same; the hook of init runs this" },
  ],
  details: [
    "Without FOLDER, the window counts as one without a folder: it is the last resort for " +
    "any path.",
    "If nothing listens on SOCKET, add refuses it, and the exit code is 1.",
    "With --terminal, SESSIONCTL_FOLDER names the folders, one per line, and " +
    "SESSIONCTL_WINDOW names the window, if they are set. The companion sets both.",
  ],
  async run(context) {
    const { args, operands, output, socket } = context;
    const { kind, relaySocket } = args;
    const found = args.terminal ? await terminalEntry() : namedEntry(operands);
    const entry = { ...found, kind: kind ?? found.kind, relaySocket };
    const remarks = await checkWindow(entry.socketPath, workspaceFolders(entry.workspace));
    await new RegistryClient({ socket, start: starter(context) }).addSession(entry);
    if (output.json) output.value({ added: entry.socketPath });
    else output.note(`added ${[printablePath(entry.socketPath), ...remarks].join("; ")}`);
    return ExitCode.Done;
  },
});

function namedEntry([socket, ...folders]: readonly string[]): SessionEntry {
  return {
    socketPath: socketOperand(socket!, "SOCKET"),
    ...workspaceOf(folders.map((folder) => pathOperand(folder, "FOLDER"))),
  };
}

async function terminalEntry(): Promise<SessionEntry> {
  const { terminalWindow } = await import("../../shell/mod.ts");
  const { socketPath, folders, kind, windowId } = terminalWindow();
  return {
    socketPath: socketOperand(socketPath, "VSCODE_IPC_HOOK_CLI"),
    ...workspaceOf(folders),
    kind,
    source: "hook",
    windowId: windowIdOf({ windowId }),
  };
}

function workspaceOf(folders: readonly string[]): Pick<SessionEntry, "workspace"> {
  if (folders.length === 0) return {};
  return { workspace: { folders: folders.map((path) => ({ uri: { scheme: "file", path } })) } };
}
