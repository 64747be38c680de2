import { stopRegistry } from "../background/mod.ts";
import { defineCommand, ExitCode, option } from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";

/** `sessionctl stop`: ends the registry. */
export const command = defineCommand({
  name: "stop",
  group: "registry",
  summary: "Stop the registry, however it was started",
  operands: [],
  options: {
    timeout: option.duration({ summary: "Time limit for the registry to end", default: "10s" }),
    kill: option.flag({ summary: "Kill the registry if it has not ended by then" }),
  },
  examples: [
    {
      command: "sessionctl stop",
      does: "stop the registry, also one that --detach or --start started",
    },
    { command: "sessionctl stop --timeout 2s --kill", does: "stop a registry that hangs" },
  ],
  details: [
    "The registry first finishes the requests under way. The next start restores its " +
    "sessions. stop finds the process by the socket and the lock that it holds, not by a " +
    "pid file. The exit code is 0 if no registry is running afterwards, 4 if it did not " +
    "end in time, and 1 if the process at the socket is not a registry of yours.",
    "If a socket unit of systemd is active (service install), the next client starts the " +
    "registry again; stop says so.",
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
