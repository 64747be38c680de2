import {
  type ManagedService,
  REGISTRY_DESCRIPTION,
  type ServiceManager,
  UNDER_SOCKET_UNIT,
} from "../../background/service/mod.ts";
import {
  type Command,
  type CommandContext,
  parseArguments,
  type ParsedArguments,
} from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { system } from "../../platform/mod.ts";
import { ownProgram } from "../../platform/own_program.ts";
import { configuredValues } from "../shared/configured_values.ts";
import { optionsOf } from "../serve/detach.ts";
import { type LongCommand, planSocket } from "./socket.ts";
import { resolve } from "@std/path/posix";

/** What each long-running command needs from the system. */
const NEEDS: Record<LongCommand, ManagedService["needs"]> = {
  serve: "unix-sockets",
  relay: "network",
  "relay connect": "network",
  run: "everything",
};

/** Not the table of all commands, because code loaded from two places starts more slowly. */
const COMMANDS: Record<LongCommand, () => Promise<{ command: Command }>> = {
  serve: () => import("../serve/mod.ts"),
  relay: () => import("../relay/mod.ts"),
  "relay connect": () => import("../relay/connect.ts"),
  run: () => import("../run/mod.ts"),
};

/** Variables that determine sessionctl's paths; they are passed on if they are set. */
const KEPT_VARIABLES = [
  "SESSIONCTL_SOCKET",
  "SESSIONCTL_CONFIG",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "DENO_TLS_CA_STORE",
];

type ServiceContext = CommandContext<{ readonly name: string | undefined }>;

/** The name of a service: `sessionctl` for the registry, `sessionctl-NAME` for others. */
export function serviceName(name: string | undefined): string {
  if (name === undefined) return "sessionctl";
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return `sessionctl-${name}`;
  throw new SessionctlError(
    "USAGE",
    `--name is not a valid name for a service: ${JSON.stringify(name)}`,
    {
      hint: "use letters, digits, _ . and - only",
    },
  );
}

/**
 * Plans the service for a command line such as `relay --listen :8443`, with the checks of that
 * command, so that a mistake is reported now and not by a service that does not start.
 *
 * @throws {SessionctlError} `USAGE`.
 */
export async function planService(
  context: ServiceContext,
  words: readonly string[],
  manager: ServiceManager["kind"],
): Promise<ManagedService> {
  const { command, args } = longCommand(words);
  const { spec } = (await COMMANDS[command]()).command;
  const parsed = parseArguments(args, spec, await configuredValues(spec, context.commands));
  checkLasting(command, parsed);
  const name = context.args.name ?? await defaultName(command, parsed);
  const socket = givenSocket(parsed) ?? givenSocket(context.given);
  const { command: program, args: first } = ownProgram();
  const own = [program, ...first];
  const activation = manager === "systemd"
    ? planSocket({ command, args: parsed, socket, stop: [...own, "stop"] })
    : undefined;
  const operands = parsed.operands.length === 0 ? [] : ["--", ...parsed.operands];
  return {
    name: serviceName(name),
    description: command === "serve" ? REGISTRY_DESCRIPTION : `sessionctl ${command} (${name})`,
    command: [
      ...own,
      ...command.split(" "),
      ...(command === "serve" ? optionsOfServe(activation !== undefined) : []),
      ...optionsOf(parsed, spec, ["socket", "detach"]),
      ...(socket === undefined ? [] : [`--socket=${resolve(socket)}`]),
      ...["quiet", "verbose"].filter((flag) => parsed.flag(flag)).map((flag) => `--${flag}`),
      ...operands,
    ],
    env: environment(command),
    // A relative path may name the program.
    ...(command === "run" ? { workingDirectory: Deno.cwd() } : {}),
    needs: NEEDS[command],
    reloads: command === "relay" || command === "relay connect",
    stopSeconds: stopSeconds(command, parsed),
    ...activation,
  };
}

/** Options that override the config file. */
function optionsOfServe(hasSocket: boolean): readonly string[] {
  return hasSocket ? UNDER_SOCKET_UNIT : ["--no-detach"];
}

/** The socket of a command line; one from a variable is passed on as that variable. */
function givenSocket(args: ParsedArguments): string | undefined {
  return args.source("socket") === "flag" ? args.value("socket") : undefined;
}

/** The command at the start of the words, which may have two words; `serve` by default. */
function longCommand(
  [first = "serve", ...args]: readonly string[],
): { readonly command: LongCommand; readonly args: readonly string[] } {
  const both = `${first} ${args[0]}`;
  if (isLong(both)) return { command: both, args: args.slice(1) };
  if (isLong(first)) return { command: first, args };
  throw new SessionctlError("USAGE", `${JSON.stringify(first)} is not a long-running command`, {
    hint: `a service runs one of ${Object.keys(NEEDS).join(", ")}`,
  });
}

function isLong(command: string): command is LongCommand {
  return Object.hasOwn(NEEDS, command);
}

/** @throws {SessionctlError} `USAGE` if the command would end at once. */
function checkLasting(command: LongCommand, args: ParsedArguments): void {
  if (command === "serve" && args.source("detach") === "flag" && args.flag("detach")) {
    throw new SessionctlError("USAGE", "a service runs in the foreground: omit --detach");
  }
  if (command !== "run") return;
  const asks = ["list", "stop", "relaunch"].find((name) => args.source(name) === "flag");
  if (asks === undefined && args.operands.length > 0) return;
  throw new SessionctlError("USAGE", "run needs the command to keep running", {
    hint: "for example: sessionctl service install -- run -- code-server",
  });
}

/** The default name of a service. The registry's service has none. */
async function defaultName(
  command: LongCommand,
  args: ParsedArguments,
): Promise<string | undefined> {
  if (command === "serve") return undefined;
  if (command !== "run") return command.replace(" ", "-");
  const { defaultRunName } = await import("../../run/mod.ts");
  return args.typed.name as string | undefined ?? defaultRunName(args.operands[0]!);
}

/**
 * Longer than the command itself takes, because a command that the manager kills cannot clean up.
 */
function stopSeconds(command: LongCommand, args: ParsedArguments): number {
  const isRelay = command === "relay" || command === "relay connect";
  const [name, key] = isRelay
    ? ["shutdown-timeout", "shutdownTimeout"] as const
    : ["stop-timeout", "stopTimeout"] as const;
  const least = command === "serve" ? 20 : 120;
  if (args.source(name) === undefined) return least;
  return Math.max(least, Math.ceil((args.typed[key] as number) / 1000) + 20);
}

function environment(command: LongCommand): Record<string, string> {
  // PATH is used to find an editor, and by the editor to find its tools.
  const names = command === "run" ? [...KEPT_VARIABLES, "PATH"] : KEPT_VARIABLES;
  return Object.fromEntries(names.flatMap((name) => {
    const value = system.env(name);
    if (value === undefined) return [];
    const isPath = name === "SESSIONCTL_CONFIG" && value !== "none";
    return [[name, isPath ? resolve(value) : value]];
  }));
}
