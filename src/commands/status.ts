import { type Command, ExitCode, formatAge, formatCount } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { RegistryClient } from "../registry/mod.ts";

/** `sessionctl status`: the registry server's health. */
export const command: Command = {
  spec: {
    name: "status",
    group: "registry",
    summary: "Show whether the registry runs, and where",
    operands: [],
    options: [],
    examples: [
      { command: "sessionctl status", does: "its socket, pid, version, state file" },
      { command: "sessionctl status --json | jq .pid", does: "its pid; exits 3 when none runs" },
    ],
  },
  async run({ output, socket }) {
    const client = new RegistryClient({ socket });
    const health = await client.health();
    if (output.json) {
      output.value({ socketPath: client.socketPath, ...health });
      return ExitCode.Done;
    }
    const rows: [string, string][] = [
      ["socket", client.socketPath],
      ["status", health.status],
      ["pid", String(health.pid)],
      ["version", health.version],
      ["up for", formatAge(Date.now() - health.startedAt)],
      ["sessions", formatCount(health.sessions)],
      ["hub", health.ipcSocket ?? "none"],
      ["state file", health.stateFile ?? "none, in memory only"],
    ];
    for (const [name, value] of rows) {
      output.line(`${name.padEnd(12)}${printablePath(String(value))}`);
    }
    return ExitCode.Done;
  },
};
