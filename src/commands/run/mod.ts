import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../../cli/mod.ts";
import { messageOf } from "../../errors.ts";
import { start, starter } from "../shared/arguments.ts";
import { refuseOnWindows } from "../shared/refuse_on_windows.ts";
import { runOptions, startOptions } from "./options.ts";

const options = {
  ...startOptions,
  start,
  list: option.flag({ summary: "List the runs", oneCall: true }),
  stop: option.named("run", {
    valueName: "NAME",
    summary: "Stop a run and wait until it has ended",
    oneCall: true,
  }),
  relaunch: option.named("run", {
    valueName: "NAME",
    summary: "Restart a run's command and wait until it runs",
    oneCall: true,
  }),
};

type RunContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl run`: keeps an editor server, or any command, running under a name. */
export const command = defineCommand({
  name: "run",
  group: "servers",
  summary: "Run an editor server: restart it, log it, register its windows",
  // With a COMMAND, stdout and stderr are those of the command.
  operands: [{ name: "COMMAND", kind: "program", arity: "any", conflicts: ["json"] }],
  operandsEndOptions: true,
  oneOf: [["COMMAND", "list", "stop", "relaunch"]],
  options,
  examples: [
    {
      command: "sessionctl run -- code-server --socket ~/.local/share/code-server/http.sock",
      does: "run code-server; sessionctl relay --to can then serve its page",
    },
    {
      command: "sessionctl run --name api --restart always -- openvscode-server --port 3000",
      does: "run another editor server under a name",
    },
    {
      command: "sessionctl run --list",
      does: "list the runs, with start times and numbers of restarts",
    },
    {
      command: "sessionctl run --relaunch api",
      does: "restart the command, with the program that is on disk now",
    },
  ],
  details: [
    "run passes SIGTERM, SIGINT and SIGHUP on to the command and ends with it; a second " +
    "SIGTERM or SIGINT ends both at once. SIGUSR1 and SIGUSR2 restart the command. run " +
    "ends with the command's exit code, or with the signal that ended it.",
    "When the run ends, even by SIGKILL, sessionctl ends the processes that the command " +
    "has started, except those in a session of their own (setsid, tmux). If run and its " +
    "guard are killed at the same moment, such processes may remain.",
  ],
  async run(context) {
    refuseOnWindows("run");
    const { args: { list, stop, relaunch }, operands, output } = context;
    if (operands.length > 0) return await startCommand(context);
    const { listRunsTo, relaunchRun, stopRun } = await import("./control.ts");
    if (list) return await listRunsTo(output);
    if (stop !== undefined) return await stopRun(stop, output);
    return await relaunchRun(relaunch!, output);
  },
});

async function startCommand(context: RunContext): Promise<number> {
  const { args, operands, output, socket } = context;
  const [program, ...rest] = operands;
  const options = runOptions(args);
  const { surviveErrors } = await import("../../platform/survive_errors.ts");
  using _errors = surviveErrors((line) => output.note(line));
  const { checkRunName, defaultRunName, startRun } = await import("../../run/mod.ts");
  const { endLike, followSignals } = await import("../../supervisor/mod.ts");
  const name = checkRunName(args.name ?? defaultRunName(program!));
  await startRegistryIfWanted(context);
  const { tellManager } = await import("../shared/service_events.ts");
  const run = await startRun({
    ...options,
    name,
    command: program!,
    args: rest,
    registrySocket: socket,
    report: (message) => output.note(message),
    onEvent: tellManager(`run ${name}`),
  });
  const stopFollowing = followSignals(run.child);
  try {
    const exit = await run.ended;
    if (exit.error) {
      output.error(exit.error);
      return exit.code;
    }
    // Without a handler, a late signal would end this process instead of the command's own exit
    // code.
    if (exit.signal) stopFollowing();
    return await endLike(exit);
  } catch (error) {
    output.note(messageOf(error));
    return ExitCode.Failed;
  }
}

/**
 * Starts the registry with `--start`. A failure does not matter: windows register once one runs.
 */
async function startRegistryIfWanted(context: RunContext): Promise<void> {
  const startRegistry = starter(context, true);
  if (!startRegistry) return;
  const { RegistryClient } = await import("../../registry/mod.ts");
  if (await new RegistryClient({ socket: context.socket, returnMs: 0 }).canConnect()) return;
  await startRegistry().catch(() => {}); // The failure has been reported.
}
