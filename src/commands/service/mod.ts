import {
  installService,
  lingers,
  readOwn,
  type ServiceChange,
  type ServiceFile,
  type ServiceManager,
  serviceManager,
  type Step,
  uninstallService,
} from "../../background/service/mod.ts";
import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
  type Output,
} from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { ensurePrivateDirectory, logDirectory, printablePath } from "../../platform/mod.ts";
import { RegistryClient } from "../../registry/mod.ts";
import { quote } from "../../shell/mod.ts";
import { refuseOnWindows } from "../shared/refuse_on_windows.ts";
import { planService, serviceName } from "./plan.ts";

const ACTIONS = ["install", "uninstall", "status"] as const;
const MANAGERS = ["systemd", "launchd"] as const;

const options = {
  name: option.text({
    valueName: "NAME",
    summary: "Name the service sessionctl-NAME",
    unlessGiven: "sessionctl for serve; else the command's own --name, or the command",
  }),
  print: option.flag({ summary: "Print the files instead of writing them", oneCall: true }),
  manager: option.choice(MANAGERS, {
    valueName: "NAME",
    summary: "Use this service manager",
    unlessGiven: "the system's",
  }),
};

type ServiceContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl service`: runs the registry, a relay or an editor as a service of the system. */
export const command = defineCommand({
  name: "service",
  group: "registry",
  summary: "Run the registry, a relay or an editor server as a service",
  operands: [
    { name: "install|uninstall|status", kind: ACTIONS },
    { name: "COMMAND", arity: "any" },
  ],
  options,
  examples: [
    { command: "sessionctl service install", does: "start the registry now and at each login" },
    {
      command: "sessionctl service install -- serve --upstream ~/.local/share/cs.sock",
      does: "pass options to the registry",
    },
    {
      command: "sessionctl service install -- relay --listen :8443 --cert c.pem --key k.pem " +
        "--token-file t --session ~/api",
      does: "run a relay, as sessionctl-relay",
    },
    {
      command: "sessionctl service install -- run --name web -- code-server --auth none",
      does: "run an editor server, as sessionctl-web",
    },
    { command: "sessionctl service install --print", does: "show the unit without installing it" },
    {
      command: "sessionctl service uninstall --name relay",
      does: "stop and remove the service of the relay",
    },
  ],
  details: [
    "COMMAND is serve (the default), relay or run, with its options. Relative paths in it " +
    "become absolute. The files are systemd user units on Linux and a launchd agent on " +
    "macOS. sessionctl leaves files that it has not written alone.",
    "On Linux, serve and relay also get a socket unit, so that the first client starts " +
    "them. There is no socket unit for serve --supervise, relay connect, relay with " +
    "--workers, --client-ca or --route, and a --listen with a host name or port 0.",
    "The exit code is 1 if the files were written but the service manager did not respond " +
    "(service then prints the commands to run). For status, it is 1 if the service is not " +
    "running and no client can start it.",
  ],
  async run(context) {
    refuseOnWindows("service");
    const [action, ...words] = context.operands;
    const manager = serviceManager(context.args.manager);
    if (action === "install") return await install(context, manager, words);
    if (words.length > 0) {
      throw new SessionctlError("USAGE", `service ${action} takes no command`, {
        hint: "use --name to name the service",
      });
    }
    const name = serviceName(context.args.name);
    return action === "status"
      ? await status(context, manager, name)
      : await uninstall(context, manager, name);
  },
});

async function install(
  context: ServiceContext,
  manager: ServiceManager,
  words: readonly string[],
): Promise<number> {
  const { args, output } = context;
  const service = await planService(context, words, manager.kind);
  if (args.print) {
    printFiles(manager.render(service), output);
    return ExitCode.Done;
  }
  if (service.needs === "unix-sockets") await refuseSecondRegistry(context, manager, service.name);
  if (manager.kind === "launchd") ensurePrivateDirectory(logDirectory());
  const change = await installService(manager, service);
  const lingering = manager.kind === "systemd" ? await lingers() : undefined;
  const code = report(change, manager, output, { lingering: lingering ?? null });
  if (code === ExitCode.Done && lingering === false) {
    output.note("it ends with your last login; to keep it: loginctl enable-linger");
  }
  return code;
}

/** Prints the files like `systemctl cat`: if there are several, each below its path. */
function printFiles(files: ReturnType<ServiceManager["render"]>, output: Output): void {
  const [{ path: file, text }, socket] = files as [ServiceFile, ServiceFile?];
  if (output.json) {
    output.value({ file, text, socket: socket ? { file: socket.path, text: socket.text } : null });
  } else if (!socket) output.line(text.trimEnd());
  else output.line(files.map(({ path, text }) => `# ${path}\n${text.trimEnd()}`).join("\n\n"));
}

/** Refuses a second registry, because the service would end and be restarted again and again. */
async function refuseSecondRegistry(
  { socket }: ServiceContext,
  manager: ServiceManager,
  name: string,
): Promise<void> {
  const client = new RegistryClient({ socket, returnMs: 0 });
  const health = await client.health().catch(() => undefined);
  if (health === undefined || (await manager.state(name)).active) return;
  const where = printablePath(client.socketPath);
  throw new SessionctlError(
    "SERVER_RUNNING",
    `a registry is already running on ${where} (pid ${health.pid}), and not as this service`,
    { hint: "end it first with: sessionctl stop" },
  );
}

async function uninstall(
  { args, output }: ServiceContext,
  manager: ServiceManager,
  name: string,
): Promise<number> {
  if (!args.print) return report(await uninstallService(manager, name), manager, output);
  const [file, ...others] = manager.filePaths(name);
  const files = [file!, ...others.filter((path) => readOwn(path) !== undefined)];
  const { before, after } = manager.uninstallSteps(name, files.length > 1);
  const steps = [...before, ["rm", ...files], ...after];
  if (output.json) output.value({ file, steps });
  else for (const step of steps) output.line(shellLine(step));
  return ExitCode.Done;
}

/** Prints the paths of the changed files on stdout, and the messages on stderr. */
function report(
  change: ServiceChange,
  manager: ServiceManager,
  output: Output,
  more: Record<string, unknown> = {},
): number {
  const { files, outcome, done, left, reason } = change;
  const code = left.length === 0 ? ExitCode.Done : ExitCode.Failed;
  if (output.json) {
    const [file, socketFile = null] = files;
    output.value({ file, socketFile, outcome, done, left, reason: reason ?? null, ...more });
    return code;
  }
  for (const file of files) output.line(printablePath(file));
  const what = files.length > 1 ? "the files were" : "the file was";
  output.note(outcome === "unchanged" ? `${what} there already` : `${what} ${outcome}`);
  for (const step of done) output.note(`ran: ${shellLine(step)}`);
  if (code !== ExitCode.Done) {
    output.error(
      new SessionctlError("NOT_SUPPORTED", `${manager.kind} could not be reached: ${reason}`, {
        hint: ["run where it can be reached:", ...left.map(shellLine)].join("\n    "),
      }),
    );
  }
  return code;
}

async function status(
  { output }: ServiceContext,
  manager: ServiceManager,
  name: string,
): Promise<number> {
  const files = manager.filePaths(name);
  const [file, socketFile = null] = files.filter((path) => readOwn(path) !== undefined);
  const installed = file !== undefined;
  const { enabled, active, pid, trouble, socket, file: used } = await manager.state(name);
  if (output.json) {
    const state = { installed, enabled, active, pid, trouble: trouble ?? null };
    output.value({
      name,
      file: file ?? used ?? files[0],
      ...state,
      socket: socket ? { file: socketFile, ...socket } : null,
    });
  } else {
    const waits = socket?.listening ? "no, the first client starts it" : "no";
    const rows: [string, string | undefined][] = [
      ["service", name],
      // A package may have installed it.
      ["file", printablePath(file ?? used ?? "none")],
      ["enabled", enabled ? "yes" : "no"],
      ["running", active ? `yes${pid === null ? "" : `, pid ${pid}`}` : waits],
      ["socket", socket && (socket.listening ? "listens" : socket.state)],
    ];
    for (const [label, value] of rows) {
      if (value !== undefined) output.line(`${label.padEnd(10)}${value}`);
    }
    if (trouble !== undefined) output.note(`${manager.kind} cannot be reached: ${trouble}`);
  }
  return active || socket?.listening ? ExitCode.Done : ExitCode.Failed;
}

/** A command in a form that can be pasted into a shell. */
function shellLine(step: Step): string {
  return step.map((word) => quote("posix", word)).join(" ");
}
