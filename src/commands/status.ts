import { defineCommand, ExitCode, formatAge, formatCount } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { type Health, RegistryClient } from "../registry/mod.ts";

/** `sessionctl status`: shows the registry server's health. */
export const command = defineCommand({
  name: "status",
  group: "registry",
  summary: "Show whether the registry is running, and where",
  operands: [],
  options: {},
  examples: [
    { command: "sessionctl status", does: "show its socket, pid, version, state file and log" },
    {
      command: "sessionctl status --json | jq .pid",
      does: "print its pid; the exit code is 3 if none is running",
    },
  ],
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
      ["up for", formatAge(health.upMs ?? Date.now() - health.startedAt)],
      ["sessions", formatCount(health.sessions)],
      ["hub", health.ipcSocket ?? "none"],
      ["state file", health.stateFile ?? "none, in memory only"],
      ["log file", health.logFile ?? "none"],
      ...lossRow(health),
    ];
    for (const [name, value] of rows) {
      output.line(`${name.padEnd(12)}${printablePath(String(value))}`);
    }
    return ExitCode.Done;
  },
});

/** An older registry, or code-server's, does not report losses. */
function lossRow({ loss }: Health): [string, string][] {
  if (!loss) return [];
  const { sessions, changes, recovered } = loss;
  const found = `; ${formatCount(recovered, "live window")} found again`;
  if (sessions === null || changes === null) return [["missing", `unknown${found}`]];
  const lost = changes === 0 ? "" : `; its last ${formatCount(changes, "change")} were lost`;
  return [["missing", `up to ${formatCount(sessions, "session")}${lost}${found}`]];
}
