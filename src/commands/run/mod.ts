import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../../cli/mod.ts";
import { messageOf } from "../../errors.ts";
import { start, starter } from "../shared/arguments.ts";
import { runOptions, startOptions } from "./options.ts";

const options = {
  ...startOptions,
  start,
  list: option.flag({ summary: "List what is run", oneCall: true }),
  stop: option.named("run", {
    valueName: "NAME",
    summary: "End a run, and wait until it has ended",
    oneCall: true,
  }),
  relaunch: option.named("run", {
    valueName: "NAME",
    summary: "Start a run's command again, and wait until it runs",
    oneCall: true,
  }),
};

type RunContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl run`: an editor server, or any command, that is kept running under a name. */
export const command = defineCommand({
  name: "run",
  group: "servers",
  summary: "Keep an editor server running, its output, and its windows registered",
  // With a COMMAND, what is written is the command's own output.
  operands: [{ name: "COMMAND", kind: "program", arity: "any", conflicts: ["json"] }],
  operandsEndOptions: true,
  oneOf: [["COMMAND", "list", "stop", "relaunch"]],
  options,
  examples: [
    {
      command: "sessionctl run -- code-server --socket ~/.local/share/code-server/http.sock",
      does: "code-server, its windows registered, its page served by: sessionctl relay --to",
    },
    {
      command: "sessionctl run --name api --restart always -- openvscode-server --port 3000",
      does: "another editor server, under a name of its own",
    },
    { command: "sessionctl run --list", does: "what runs, since when, how often restarted" },
    {
      command: "sessionctl run --relaunch api",
      does: "start it again, from what is on disk now",
    },
  ],
  details: [
    "SIGTERM, SIGINT and SIGHUP go to the command and end the run, a second SIGTERM or " +
    "SIGINT at once; SIGUSR1 and SIGUSR2 start the command again. Its exit code, or the " +
    "signal that ended it, is ours.",
    "When the run ends, even by SIGKILL, sessionctl ends the processes that the command has " +
    "started, except those in a session of their own (setsid, tmux). If run and its guard are " +
    "killed at the same moment, processes that the command has started may stay.",
  ],
  async run(context) {
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
    // Without a handler a late signal would end us, whatever the command's own exit code is.
    if (exit.signal) stopFollowing();
    return await endLike(exit);
  } catch (error) {
    output.note(messageOf(error));
    return ExitCode.Failed;
  }
}

/** With `--start`; without a registry, windows are registered when one is there, so failing is no end. */
async function startRegistryIfWanted(context: RunContext): Promise<void> {
  const startRegistry = starter(context, true);
  if (!startRegistry) return;
  const { RegistryClient } = await import("../../registry/mod.ts");
  if (await new RegistryClient({ socket: context.socket, returnMs: 0 }).canConnect()) return;
  await startRegistry().catch(() => {}); // It has said why.
}
