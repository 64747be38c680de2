import { type Command, ExitCode } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import { pathOperand, socketOperand, starter, startOption } from "./arguments.ts";

/** `sessionctl add`: register a window by hand. */
export const command: Command = {
  spec: {
    name: "add",
    summary: "Register an editor window",
    operands: [
      { name: "SOCKET", kind: "socket" },
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
      startOption,
    ],
    examples: [
      {
        command: 'sessionctl add "$VSCODE_IPC_HOOK_CLI" "$PWD"',
        does: "register the window whose terminal this is",
      },
    ],
    details: ["Without a FOLDER it is a window without a folder: the last resort for any path."],
  },
  async run(context) {
    const { args, output, socket } = context;
    const [socketName, ...folders] = args.operands;
    const socketPath = socketOperand(socketName!, "SOCKET");
    const relay = args.value("relay-socket");
    const workspace = {
      folders: folders.map((folder) => ({
        uri: { scheme: "file", path: pathOperand(folder, "FOLDER") },
      })),
    };
    await new RegistryClient({ socket, start: starter(context) }).addSession({
      socketPath,
      ...(folders.length > 0 ? { workspace } : {}),
      kind: args.value("kind"),
      relaySocket: relay === undefined ? undefined : socketOperand(relay, "--relay-socket"),
    });
    if (output.json) output.value({ added: socketPath });
    else output.note(`added ${printablePath(socketPath)}`);
    return ExitCode.Done;
  },
};
