import { defineCommand, ExitCode } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import { start, starter } from "./shared/arguments.ts";
import { selectSession } from "./shared/select_session.ts";

/** `sessionctl remove`: removes a window from the registry. */
export const command = defineCommand({
  name: "remove",
  group: "registry",
  summary: "Remove an editor window from the registry",
  operands: [{ name: "SESSION", kind: "session" }],
  options: { start },
  examples: [
    { command: "sessionctl remove 3f2a", does: "remove the session whose socket contains 3f2a" },
  ],
  details: ["SESSION is an editor socket, or a part of it that no other session has."],
  async run(context) {
    const { operands, output, socket } = context;
    const client = new RegistryClient({ socket, start: starter(context) });
    const { socketPath } = selectSession(await client.list(), operands[0]!);
    await client.deleteSession(socketPath);
    if (output.json) output.value({ removed: socketPath });
    else output.note(`removed ${printablePath(socketPath)}`);
    return ExitCode.Done;
  },
});
