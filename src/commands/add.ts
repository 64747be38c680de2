import { type Command, ExitCode, type ParsedArguments } from "../cli/mod.ts";
import { printablePath, SessionctlError } from "../platform/mod.ts";
import { RegistryClient, type SessionEntry, workspaceFolders } from "../registry/mod.ts";
import { checkWindow } from "./added_window.ts";
import { pathOperand, socketOperand, starter, startOption } from "./arguments.ts";

/** `sessionctl add`: register a window by hand. */
export const command: Command = {
  spec: {
    name: "add",
    group: "registry",
    summary: "Register an editor window",
    operands: [
      { name: "SOCKET", kind: "socket", arity: "optional" },
      { name: "FOLDER", kind: "directory", arity: "any" },
    ],
    options: [
      { name: "kind", type: "value", valueName: "KIND", summary: "What kind of editor it is" },
      {
        name: "relay-socket",
        type: "value",
        valueName: "SOCKET",
        kind: "socket",
        summary: "The Unix socket on which the editor serves HTTP",
      },
      {
        name: "terminal",
        type: "flag",
        summary: "The window whose integrated terminal this is, with the folder we are in",
      },
      startOption,
    ],
    examples: [
      {
        command: 'sessionctl add "$VSCODE_IPC_HOOK_CLI" "$PWD"',
        does: "register the window whose terminal this is",
      },
      { command: "sessionctl add --terminal", does: "the same; what the hook of init runs" },
    ],
    details: [
      "Without a FOLDER it is a window without a folder: the last resort for any path.",
      "A SOCKET on which nobody listens is refused, with exit code 1.",
      "With --terminal SESSIONCTL_FOLDER, if it is set, names the folders, one a line.",
    ],
  },
  async run(context) {
    const { args, output, socket } = context;
    const entry = args.flag("terminal") ? await terminalEntry(args) : namedEntry(args);
    const remarks = await checkWindow(entry.socketPath, workspaceFolders(entry.workspace));
    await new RegistryClient({ socket, start: starter(context) }).addSession(entry);
    if (output.json) output.value({ added: entry.socketPath });
    else output.note(`added ${[printablePath(entry.socketPath), ...remarks].join("; ")}`);
    return ExitCode.Done;
  },
};

function namedEntry(args: ParsedArguments): SessionEntry {
  const [socketName, ...folders] = args.operands;
  if (socketName === undefined) {
    throw new SessionctlError("USAGE", "add needs SOCKET", {
      hint: "usage: sessionctl add [options] SOCKET [FOLDER...]",
    });
  }
  const relay = args.value("relay-socket");
  return {
    socketPath: socketOperand(socketName, "SOCKET"),
    ...workspaceOf(folders.map((folder) => pathOperand(folder, "FOLDER"))),
    kind: args.value("kind"),
    relaySocket: relay === undefined ? undefined : socketOperand(relay, "--relay-socket"),
  };
}

async function terminalEntry(args: ParsedArguments): Promise<SessionEntry> {
  if (args.operands.length > 0) {
    throw new SessionctlError("USAGE", "--terminal and SOCKET exclude each other");
  }
  const { terminalWindow } = await import("../shell/mod.ts");
  const { socketPath, folders, kind } = terminalWindow();
  const relay = args.value("relay-socket");
  return {
    socketPath: socketOperand(socketPath, "VSCODE_IPC_HOOK_CLI"),
    ...workspaceOf(folders),
    kind: args.value("kind") ?? kind,
    source: "hook",
    relaySocket: relay === undefined ? undefined : socketOperand(relay, "--relay-socket"),
  };
}

function workspaceOf(folders: readonly string[]): Pick<SessionEntry, "workspace"> {
  if (folders.length === 0) return {};
  return { workspace: { folders: folders.map((path) => ({ uri: { scheme: "file", path } })) } };
}
