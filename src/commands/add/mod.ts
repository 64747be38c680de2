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

/** `sessionctl add`: register a window by hand. */
export const command = defineCommand({
  name: "add",
  group: "registry",
  summary: "Register an editor window",
  operands: [
    {
      name: "SOCKET",
      kind: "socket",
      arity: "optional",
      requiredWithout: "terminal",
      conflicts: ["terminal"],
    },
    { name: "FOLDER", kind: "directory", arity: "any" },
  ],
  options: {
    kind: option.text({ valueName: "KIND", summary: "What kind of editor it is" }),
    relaySocket: option.socket({ summary: "The Unix socket on which the editor serves HTTP" }),
    terminal: option.flag({
      summary: "The window whose integrated terminal this is, with the folder we are in",
    }),
    start,
  },
  examples: [
    {
      command: 'sessionctl add "$VSCODE_IPC_HOOK_CLI" "$PWD"',
      does: "register the window whose terminal this is",
    },
    { command: "sessionctl add --terminal", does: "the same; what the hook of init runs" },
  ],
  details: [
    "Without a FOLDER it is a window without a folder: the last resort for any path.",
    "A SOCKET without a listener is refused, with exit code 1.",
    "With --terminal SESSIONCTL_FOLDER, if it is set, names the folders, one a line, and " +
    "SESSIONCTL_WINDOW the window; the companion sets both.",
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
