import { type Command, type CommandContext, ExitCode, usage } from "../cli/mod.ts";
import { messageOf } from "../errors.ts";
import { starter, startOption } from "./arguments.ts";
import { runOptions, startOptions } from "./run_options.ts";

/** `sessionctl run`: an editor server, or any command, that is kept running under a name. */
export const command: Command = {
  spec: {
    name: "run",
    group: "servers",
    summary: "Keep an editor server running, its output, and its windows registered",
    operands: [{ name: "COMMAND", kind: "program", arity: "any" }],
    operandsEndOptions: true,
    options: [
      ...startOptions,
      startOption,
      { name: "list", type: "flag", oneCall: true, summary: "List what is run" },
      {
        name: "stop",
        type: "value",
        oneCall: true,
        valueName: "NAME",
        kind: "run",
        summary: "End a run, and wait until it has ended",
      },
      {
        name: "relaunch",
        type: "value",
        oneCall: true,
        valueName: "NAME",
        kind: "run",
        summary: "Start a run's command again, and wait until it runs",
      },
    ],
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
  },
  async run(context) {
    const { args } = context;
    const asked = [
      args.flag("list"),
      args.value("stop") !== undefined,
      args.value("relaunch") !== undefined,
    ];
    const count = asked.filter(Boolean).length;
    const all = count + (args.operands.length > 0 ? 1 : 0);
    if (all !== 1) {
      throw usage(
        `run ${all === 0 ? "needs" : "takes only"} one of COMMAND, --list, --stop and --relaunch`,
        "for example: sessionctl run -- code-server",
      );
    }
    if (count === 0) return await start(context);
    const { listRunsTo, relaunchRun, stopRun } = await import("./run_control.ts");
    if (asked[0]) return await listRunsTo(context.output);
    if (asked[1]) return await stopRun(args.value("stop")!, context.output);
    return await relaunchRun(args.value("relaunch")!, context.output);
  },
};

async function start(context: CommandContext): Promise<number> {
  const { args, output, socket } = context;
  // The config file may ask for JSON everywhere; here it is for errors.
  if (output.json && args.source("json") === "flag") {
    throw usage("--json means nothing with a COMMAND: what it writes is what we write");
  }
  const [program, ...rest] = args.operands;
  const options = runOptions(args);
  const { surviveErrors } = await import("../platform/survive_errors.ts");
  using _errors = surviveErrors((line) => output.note(line));
  const { checkRunName, defaultRunName, startRun } = await import("../run/mod.ts");
  const { endLike, followSignals } = await import("../supervisor/mod.ts");
  const name = checkRunName(args.value("name") ?? defaultRunName(program!));
  await startRegistryIfWanted(context);
  const { tellManager } = await import("./service_events.ts");
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
async function startRegistryIfWanted(context: CommandContext): Promise<void> {
  const startRegistry = starter(context, true);
  if (!startRegistry) return;
  const { RegistryClient } = await import("../registry/mod.ts");
  if (await new RegistryClient({ socket: context.socket, returnMs: 0 }).canConnect()) return;
  await startRegistry().catch(() => {}); // It has said why.
}
