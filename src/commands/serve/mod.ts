import { resolve } from "@std/path";
import {
  type Arguments,
  type CommandContext,
  defineCommand,
  durationText,
  option,
  type Output,
} from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import {
  lockHolder,
  printablePath,
  registrySocketCandidates,
  stateFilePath,
} from "../../platform/mod.ts";
import { usableSocket } from "../../background/mod.ts";
import { RegistryClient, registryLockPath, SERVE_DEFAULTS } from "../../registry/mod.ts";
import { finiteLimits } from "../shared/arguments.ts";
import { refuseOnWindows } from "../shared/refuse_on_windows.ts";
import { fleetOptions, fleetOrder } from "./fleet_options.ts";
import { linkOptions, linkOrder } from "./link_options.ts";
import type { ServeOrder } from "./order.ts";
import { runRegistry } from "./run.ts";

const options = {
  state: option.file({
    summary: "Store the sessions in this file",
    conflicts: ["no-state"],
    unlessGiven: "~/.local/state/sessionctl/registry.db",
  }),
  noState: option.flag({ summary: "Keep the sessions only in memory" }),
  upstream: option.list(option.socket({
    summary: "Ask this registry (such as code-server's own) if no live window matches here",
  })),
  pruneInterval: option.duration({
    summary: "Interval between checks for dead sessions",
    default: durationText(SERVE_DEFAULTS.pruneIntervalMs),
  }),
  probeTimeout: option.duration({
    summary: "Time limit for an editor to answer",
    default: durationText(SERVE_DEFAULTS.probeTimeoutMs),
  }),
  idleTimeout: option.duration({
    summary: "Stop after this time without requests and live sessions",
    default: durationText(SERVE_DEFAULTS.idleTimeoutMs),
  }),
  allowOwner: option.list(option.userId({
    summary: "Also use editor sockets that this user owns (for root in a container)",
  })),
  detach: option.flag({ summary: "Run in the background; return when the registry answers" }),
  supervise: option.flag({ summary: "Restart the registry if it fails" }),
  supervised: option.flag({ summary: "Be the supervised registry", hidden: true }),
  logFile: option.file({ summary: "Write what is said to this file, not to stderr", hidden: true }),
  stopTimeout: option.duration({
    summary: "Time limit for the registry to end before it is killed",
    default: "10s",
    requires: ["supervise"],
  }),
  pidFile: option.file({
    summary: "Write the process id to this file",
    unlessGiven: "with --detach: beside the socket",
  }),
  ...linkOptions,
  ...fleetOptions,
};

type ServeContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl serve`: runs the registry in the foreground or background, supervised or not. */
export const command = defineCommand({
  name: "serve",
  group: "registry",
  summary: "Run the registry of live editor windows",
  operands: [],
  config: "strict",
  options,
  examples: [
    { command: "sessionctl serve", does: "run the registry until Ctrl-C" },
    {
      command: "sessionctl serve --upstream ~/.local/share/code-server/code-server-ipc.sock",
      does: "also find windows that are registered with a code-server",
    },
    {
      command: "sessionctl serve --detach",
      does: "run it in the background, unless it is already running",
    },
  ],
  details: [
    "SIGTERM, SIGINT and SIGHUP (except under nohup) stop the registry. It finishes the " +
    "requests under way and removes its own files. The next start restores the sessions.",
    "With --supervise, a second process restarts the registry when it fails: after 0.1 s, " +
    "doubled each time up to a minute, at most ten times in a row. It also restarts the " +
    "registry on SIGUSR1 and SIGUSR2, with the binary that is then on disk.",
    "With --verbose, the registry logs each registration, removal and prune with its time.",
    "With --detach, the log is registry.log in ~/.local/state/sessionctl/log. If a " +
    "registry is already running, serve names it and leaves it alone. The exit code is 1 " +
    "if the registry did not start (serve then prints the last lines of the log), and 4 " +
    "if it did not answer within 10 s.",
  ],
  run: serve,
});

async function serve(context: ServeContext): Promise<number> {
  if (context.args.logFile === undefined) return await serveHere(context);
  const { withLogFile } = await import("./log_file.ts");
  return await withLogFile(
    context.args.logFile,
    context.output,
    (output) => serveHere({ ...context, output }),
  );
}

async function serveHere(context: ServeContext): Promise<number> {
  const { args, output } = context;
  // First, because the other options in the child's config file were meant for its parent.
  if (args.supervised) {
    const { serveAsChild } = await import("./supervised.ts");
    return await serveAsChild(output);
  }
  if (args.detach) {
    const { serveDetached } = await import("./detach.ts");
    return await serveDetached(context, command.spec);
  }
  const { takePassedSocket } = await import("../../platform/service_manager/mod.ts");
  const passedSocket = takePassedSocket();
  const order = await orderOf(context, passedSocket?.path);
  if (!passedSocket) await refuseHeldSocket(order.socketPath);
  if (args.supervise) {
    if (passedSocket) {
      throw new SessionctlError("USAGE", "--supervise cannot be used with a socket unit", {
        hint: "omit it: the service manager restarts the registry",
      });
    }
    refuseOnWindows("serve --supervise");
    const { superviseRegistry } = await import("./supervised.ts");
    return await superviseRegistry(order, args.stopTimeout, output);
  }
  return await runRegistry(order, output, { passedSocket });
}

/**
 * Refuses to serve on a socket that systemd holds. This asks systemd, because a connection would
 * start its registry, which would fail because this process has the lock.
 *
 * @throws {SessionctlError} `SERVER_RUNNING`.
 */
async function refuseHeldSocket(socketPath: string): Promise<void> {
  // A running registry is detected by its lock.
  if (lockHolder(registryLockPath(socketPath)) !== undefined) return;
  const { socketUnitOf } = await import("../../background/service/mod.ts");
  const unit = await socketUnitOf(socketPath);
  if (unit === undefined) return;
  throw new SessionctlError(
    "SERVER_RUNNING",
    `systemd's ${unit} listens on ${printablePath(socketPath)} and starts a registry for the ` +
      "first client",
    { hint: `to run serve yourself, stop that unit first: systemctl --user stop ${unit}` },
  );
}

/** @param passed The path of the socket that the service manager has bound for this process. */
async function orderOf(
  { args, output, socket }: ServeContext,
  passed: string | undefined,
): Promise<ServeOrder> {
  const chosen = socket === undefined ? passed : resolve(socket);
  if (passed !== undefined && chosen !== passed) {
    const reason = `the service manager passed the socket ${printablePath(passed)}`;
    throw new SessionctlError("USAGE", `--socket names another path: ${reason}`, {
      hint: "omit --socket, or name the same path in the socket unit",
    });
  }
  const socketPath = chosen ?? await vacantSocket(output);
  if (args.fleet !== undefined) refuseOnWindows("serve --fleet");
  if (args.upstream.includes(socketPath)) {
    throw new SessionctlError("USAGE", "--upstream names this registry's own socket");
  }
  return {
    socketPath,
    stateFile: args.noState ? undefined : args.state ?? stateFilePath(),
    upstreams: args.upstream,
    ...finiteLimits({
      pruneIntervalMs: args.pruneInterval,
      probeTimeoutMs: args.probeTimeout,
      idleTimeoutMs: args.idleTimeout,
    }),
    allowOwners: args.allowOwner,
    pidFile: args.pidFile,
    fleet: fleetOrder(args),
    links: linkOrder(args),
    logFile: args.logFile,
  };
}

/**
 * The first path that clients try, unless a registry answers at another one: two registries, each
 * found by some clients only, would be worse than none. A path whose directory cannot be created
 * (`XDG_RUNTIME_DIR` after `su`, or in a container) is skipped.
 */
async function vacantSocket(output: Output): Promise<string> {
  const candidates = registrySocketCandidates();
  const chosen = usableSocket(candidates, (reason) => output.note(reason));
  for (const other of candidates.filter((candidate) => candidate !== chosen)) {
    const client = new RegistryClient({ socket: other, timeoutMs: 500 });
    if (!(await client.canConnect())) continue;
    const pid = await client.health().then(({ pid }) => ` (pid ${pid})`, () => "");
    throw new SessionctlError("SERVER_RUNNING", `a registry is already running on ${other}${pid}`, {
      hint: `stop it, or run a second one with: sessionctl serve --socket ${chosen}`,
    });
  }
  return chosen;
}
