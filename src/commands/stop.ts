import { stopRegistry } from "../background/mod.ts";
import { defineCommand, ExitCode, option } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";

/** `sessionctl stop`: ends the registry. */
export const command = defineCommand({
  name: "stop",
  group: "registry",
  summary: "End the registry, however it was started",
  operands: [],
  options: {
    timeout: option.duration({ summary: "How long it may take to end", default: "10s" }),
    kill: option.flag({ summary: "Kill it when it has not ended by then" }),
  },
  examples: [
    { command: "sessionctl stop", does: "the one that serve --detach or --start began, too" },
    { command: "sessionctl stop --timeout 2s --kill", does: "one that hangs" },
  ],
  details: [
    "Requests under way are finished first, and its sessions come back with the next start. " +
    "The process is the one that listens on the socket and holds its lock; no pid file is " +
    "asked. Exits 0 when none runs (afterwards), 4 when it has not ended in time, 1 when what " +
    "listens there is not a registry of yours.",
    "Where a socket unit of systemd listens (service install), the next client starts the " +
    "registry again; the command says so.",
  ],
  async run({ args, output, socket }) {
    const held: { unit: string; path: string }[] = [];
    const stopped = await stopRegistry({
      socket,
      timeoutMs: args.timeout,
      kill: args.kill,
      step: (message) => output.step(message),
      onHeld: (unit, path) => held.push({ unit, path }),
    });
    const socketUnit = held[0] ? { socketUnit: held[0].unit } : {};
    if (output.json) output.value({ stopped: stopped ?? null, ...socketUnit });
    else if (stopped === undefined) output.note("no registry is running");
    else {
      const { socketPath, pid, killed } = stopped;
      const how = killed ? "killed" : "ended";
      output.note(`${how} the registry on ${printablePath(socketPath)} (pid ${pid})`);
    }
    for (const { unit, path } of output.json ? [] : held) {
      output.note(`${unit} listens on ${printablePath(path)}: the next client starts a registry`);
      output.note(`to stop that as well: systemctl --user stop ${unit}`);
    }
    return ExitCode.Done;
  },
});
