import { type Command, ExitCode } from "../cli/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import { starter, startOption } from "./arguments.ts";
import { sessionTable } from "./session_table.ts";

/** `sessionctl list`: the registered sessions. */
export const command: Command = {
  spec: {
    name: "list",
    summary: "List the editor windows, and which of them are dead",
    operands: [],
    options: [startOption],
    examples: [
      { command: "sessionctl list", does: "a table, the most recent window first" },
      {
        command: "sessionctl list --json | jq -r '.[].socketPath'",
        does: "the editor sockets alone",
      },
    ],
  },
  async run(context) {
    const { output, socket } = context;
    const sessions = await new RegistryClient({ socket, start: starter(context) })
      .list({ probe: true });
    if (output.json) {
      output.value(sessions);
    } else if (sessions.length === 0) {
      output.note("no sessions are registered");
    } else {
      for (const line of await sessionTable(sessions, output.colour)) output.line(line);
    }
    return ExitCode.Done;
  },
};
