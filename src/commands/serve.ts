import { resolve } from "@std/path/posix";
import { type Command, type CommandContext, type Output, parseDuration } from "../cli/mod.ts";
import { SessionctlError } from "../errors.ts";
import {
  checkSocketPath,
  printablePath,
  registrySocketCandidates,
  stateFilePath,
} from "../platform/mod.ts";
import { usableSocket } from "../background/mod.ts";
import { RegistryClient } from "../registry/mod.ts";
import { parseUserIds } from "./arguments.ts";
import { runRegistry, type ServeOrder } from "./serve_run.ts";

const DEFAULT_STOP_TIMEOUT = "10s";

/** `sessionctl serve`: the registry, in the foreground or in the background, alone or looked after. */
export const command: Command = {
  spec: {
    name: "serve",
    group: "registry",
    summary: "Keep a registry of the live editor windows",
    operands: [],
    config: "strict",
    options: [
      {
        name: "state",
        type: "value",
        valueName: "FILE",
        kind: "file",
        summary: "Where the sessions are kept",
        default: "~/.local/state/sessionctl/registry.db",
      },
      { name: "no-state", type: "flag", summary: "Keep the sessions in memory only" },
      {
        name: "upstream",
        type: "list",
        valueName: "SOCKET",
        kind: "socket",
        summary: "Another registry (code-server's own) to ask when there is no live match here",
      },
      {
        name: "prune-interval",
        type: "value",
        valueName: "TIME",
        kind: "duration",
        summary: "How often dead sessions are looked for",
        default: "30s",
      },
      {
        name: "probe-timeout",
        type: "value",
        valueName: "TIME",
        kind: "duration",
        summary: "How long an editor may take to answer",
        default: "300ms",
      },
      {
        name: "idle-timeout",
        type: "value",
        valueName: "TIME",
        kind: "duration",
        summary: "End after so long without a request and a live session",
        default: "never",
      },
      {
        name: "allow-owner",
        type: "list",
        valueName: "UID",
        kind: "number",
        summary: "Also use editor sockets of this user (root in a container)",
      },
      {
        name: "detach",
        type: "flag",
        summary: "Go to the background; return when the registry answers",
      },
      {
        name: "supervise",
        type: "flag",
        summary: "Start the registry again when it fails",
      },
      { name: "supervised", type: "flag", summary: "Be that registry", hidden: true },
      {
        name: "stop-timeout",
        type: "value",
        valueName: "TIME",
        kind: "duration",
        summary: "With --supervise: how long the registry may take to end before it is killed",
        default: DEFAULT_STOP_TIMEOUT,
      },
      {
        name: "pid-file",
        type: "value",
        valueName: "FILE",
        kind: "file",
        summary: "Write the process's pid to this file",
        unlessGiven: "with --detach, beside the socket",
      },
    ],
    examples: [
      { command: "sessionctl serve", does: "run the registry until Ctrl-C" },
      {
        command: "sessionctl serve --upstream ~/.local/share/code-server/code-server-ipc.sock",
        does: "also find the windows that registered with a code-server",
      },
      { command: "sessionctl serve --detach", does: "make sure that one runs in the background" },
    ],
    details: [
      "SIGTERM, SIGINT and SIGHUP (but not under nohup) end it: requests under way are " +
      "finished, its own files removed. The sessions come back with the next start.",
      "With --supervise a second process keeps the registry running: it starts it again when it " +
      "fails (after 0.1 s, doubled up to a minute, ten times in a row), and on SIGUSR1 or " +
      "SIGUSR2, which also picks up a newer binary.",
      "With --verbose each registration, removal and prune is told, with its time.",
      "With --detach the log is registry.log under ~/.local/state/sessionctl/log. Where a " +
      "registry runs already, it is named and left as it is. Exits 1 with the last lines of " +
      "the log when it did not start, 4 when it did not answer within 10 s.",
    ],
  },
  run: serve,
};

async function serve(context: CommandContext): Promise<number> {
  const { args, output } = context;
  // First: in the child, what a configuration file says of the others was meant for its parent.
  if (args.flag("supervised")) {
    const { serveAsChild } = await import("./serve_supervised.ts");
    return await serveAsChild(output);
  }
  if (args.flag("detach")) {
    const { serveDetached } = await import("./serve_detach.ts");
    return await serveDetached(context, command.spec);
  }
  const { takePassedSocket } = await import("../platform/service_manager/mod.ts");
  const passedSocket = takePassedSocket();
  const order = await orderOf(context, passedSocket?.path);
  const stopTimeout = args.value("stop-timeout") ?? DEFAULT_STOP_TIMEOUT;
  const stopTimeoutMs = parseDuration(stopTimeout, "--stop-timeout");
  if (args.flag("supervise")) {
    if (passedSocket) {
      throw new SessionctlError("USAGE", "--supervise does not go with a socket unit", {
        hint: "leave it out: the service manager starts the registry again",
      });
    }
    const { superviseRegistry } = await import("./serve_supervised.ts");
    return await superviseRegistry(order, stopTimeoutMs, output);
  }
  if (args.source("stop-timeout") === "flag") {
    throw new SessionctlError("USAGE", "--stop-timeout means nothing without --supervise");
  }
  return await runRegistry(order, output, { passedSocket });
}

/** @param passed The path of the socket that the service manager has bound for us. */
async function orderOf(
  { args, output, socket }: CommandContext,
  passed: string | undefined,
): Promise<ServeOrder> {
  const chosen = socket === undefined ? passed : resolve(socket);
  if (passed !== undefined && chosen !== passed) {
    const reason = `the service manager passed the socket ${printablePath(passed)}`;
    throw new SessionctlError("USAGE", `--socket names another path: ${reason}`, {
      hint: "leave out --socket, or let the socket unit name the same path",
    });
  }
  const socketPath = chosen ?? await vacantSocket(output);
  const pidFile = args.value("pid-file");
  return {
    socketPath,
    stateFile: chosenStateFile(args.value("state"), args.flag("no-state")),
    upstreams: upstreamsOf(args.list("upstream"), socketPath),
    pruneIntervalMs: parseDuration(args.value("prune-interval") ?? "30s", "--prune-interval"),
    probeTimeoutMs: parseDuration(args.value("probe-timeout") ?? "300ms", "--probe-timeout"),
    idleTimeoutMs: parseDuration(args.value("idle-timeout") ?? "never", "--idle-timeout"),
    allowOwners: parseUserIds(args.list("allow-owner")),
    pidFile: pidFile === undefined ? undefined : resolve(pidFile),
  };
}

function upstreamsOf(values: readonly string[], socketPath: string): string[] {
  const upstreams = values.map((path) => checkSocketPath(resolve(path), "--upstream"));
  if (!upstreams.includes(socketPath)) return upstreams;
  throw new SessionctlError("USAGE", "--upstream names this registry's own socket");
}

function chosenStateFile(state: string | undefined, noState: boolean): string | undefined {
  if (!noState) return state === undefined ? stateFilePath() : resolve(state);
  if (state === undefined) return undefined;
  throw new SessionctlError("USAGE", "--state and --no-state exclude each other");
}

/**
 * The first place a client looks at, unless a registry answers at one of the others:
 * two of them, each found by some clients only, would be worse than none. A place whose
 * directory we may not make (`XDG_RUNTIME_DIR` after `su`, or in a container) is passed over.
 */
async function vacantSocket(output: Output): Promise<string> {
  const candidates = registrySocketCandidates();
  const chosen = usableSocket(candidates, (reason) => output.note(reason));
  for (const other of candidates.filter((candidate) => candidate !== chosen)) {
    const client = new RegistryClient({ socket: other, timeoutMs: 500 });
    if (!(await client.canConnect())) continue;
    const pid = await client.health().then(({ pid }) => ` (pid ${pid})`, () => "");
    throw new SessionctlError("SERVER_RUNNING", `a registry is running on ${other} already${pid}`, {
      hint: `end it, or run a second one with: sessionctl serve --socket ${chosen}`,
    });
  }
  return chosen;
}
