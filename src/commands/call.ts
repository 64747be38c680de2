import { resolve } from "@std/path";
import {
  type Command,
  type CommandContext,
  ExitCode,
  type Output,
  parseDuration,
  usage,
} from "../cli/mod.ts";
import { starter, startOption } from "./arguments.ts";
import { callChannel, listenToChannel } from "./call_channel.ts";
import type { CallRequest } from "./call_request.ts";
import { callWorkspace, instanceAt, listenToInstance, workspaceInstance } from "./call_instance.ts";
import { readStdinText } from "./stdin_text.ts";
import { writtenPath } from "./written_path.ts";

const SCHEMES = ["adr", "vscode-mcp"] as const;

/** `sessionctl call`: a method of a window's channel, of an instance, or of the hub. */
export const command: Command = {
  spec: {
    name: "call",
    group: "servers",
    summary: "Call a method of an editor window or another tool, and print its answer",
    operands: [
      { name: "CHANNEL", arity: "optional" },
      { name: "METHOD", arity: "optional" },
      { name: "JSON", arity: "optional" },
    ],
    options: [
      {
        name: "session",
        type: "value",
        oneCall: true,
        valueName: "SESSION",
        kind: "session",
        summary: "The window of this session: its editor socket, or a unique part of it",
      },
      {
        name: "workspace",
        type: "value",
        oneCall: true,
        valueName: "DIR",
        kind: "directory",
        summary: "The instance that serves this workspace; it has no channels",
      },
      {
        name: "to",
        type: "value",
        oneCall: true,
        valueName: "SOCKET",
        kind: "socket",
        summary: "A socket: of an instance or, with a CHANNEL, of a channel server",
      },
      {
        name: "scheme",
        type: "value",
        valueName: "SCHEME",
        kind: SCHEMES,
        summary: "How the instance's path is derived: adr or vscode-mcp",
        default: "adr",
      },
      {
        name: "app",
        type: "value",
        valueName: "NAME",
        summary: "The application whose instance is meant",
        default: "sessionctl",
      },
      {
        name: "listen",
        type: "value",
        oneCall: true,
        valueName: "EVENT",
        summary: "Print this event each time it comes, instead of calling a method",
      },
      {
        name: "timeout",
        type: "value",
        valueName: "TIME",
        kind: "duration",
        summary: "How long the answer, or the first event, may take",
        unlessGiven: "30s; never with --listen",
      },
      startOption,
    ],
    examples: [
      {
        command: "sessionctl call --session ipc-3f tools runTask '\"build\"'",
        does: "through the hub, to the channel that this window registered",
      },
      {
        command: "sessionctl call --workspace ~/api health",
        does: "the instance that has ~/api open",
      },
      { command: "sessionctl call registry list", does: "a channel of the hub itself" },
      {
        command: "sessionctl call --session ipc-3f tools --listen onDidSave",
        does: "what the window tells, as it comes",
      },
    ],
    details: [
      "JSON is the argument, or - to read it from stdin; an array is a list of arguments. The " +
      "answer is printed as JSON, a string as it is (with --json, as JSON too).",
      "Without a target, the channels of the hub itself are meant: registry and hub.",
    ],
  },
  run: call,
};

async function call(context: CommandContext): Promise<number> {
  const { args, output } = context;
  const targets = ["session", "workspace", "to"].filter((name) => args.value(name) !== undefined);
  if (targets.length > 1) {
    throw usage(`--${targets[0]} and --${targets[1]} exclude each other`);
  }
  const event = args.value("listen");
  const limit = args.value("timeout") ?? (event === undefined ? "30s" : "never");
  const timeoutMs = parseDuration(limit, "--timeout");
  if (args.operands.at(-1) === "-" && Deno.stdin.isTerminal()) {
    output.note("reading stdin; end it with Ctrl-D");
  }
  const operands = await readOperands(args.operands, event);
  const request = { ...operands, timeoutMs };
  const isInstance = args.value("workspace") !== undefined ||
    (args.value("to") !== undefined && request.channel === undefined);
  const print = (value: unknown) => printValue(value, output);
  if (isInstance) await askInstance(context, request, event !== undefined, print);
  else await askChannel(context, request, event !== undefined, print);
  return ExitCode.Done;
}

async function askInstance(
  { args }: CommandContext,
  request: CallRequest,
  listen: boolean,
  print: (value: unknown) => void,
): Promise<void> {
  if (request.channel !== undefined) {
    throw usage(
      `an instance has no channels: ${JSON.stringify(request.channel)}`,
      "write: sessionctl call --workspace DIR METHOD [JSON]",
    );
  }
  const to = args.value("to");
  const scheme = (args.value("scheme") ?? "adr") as (typeof SCHEMES)[number];
  const instance = to !== undefined
    ? instanceAt(resolve(to))
    : await workspaceInstance(writtenPath(args.value("workspace")!), {
      scheme,
      app: args.value("app"),
    });
  if (listen) await listenToInstance(instance, request, print);
  else print(await callWorkspace(instance, request));
}

async function askChannel(
  context: CommandContext,
  request: CallRequest,
  listen: boolean,
  print: (value: unknown) => void,
): Promise<void> {
  if (request.channel === undefined) {
    throw usage(
      "a CHANNEL is missing",
      "write: sessionctl call --session SESSION CHANNEL METHOD [JSON]",
    );
  }
  const { args, socket } = context;
  const to = args.value("to");
  const target = {
    socket,
    start: starter(context),
    session: args.value("session"),
    to: to === undefined ? undefined : resolve(to),
  };
  if (listen) await listenToChannel(target, request, print);
  else print(await callChannel(target, request));
}

/** `[CHANNEL] METHOD [JSON | -]`, or with an event `[CHANNEL] [JSON | -]`. */
async function readOperands(
  operands: readonly string[],
  event: string | undefined,
): Promise<Pick<CallRequest, "channel" | "name" | "arg">> {
  const names = [...operands];
  const most = event === undefined ? 2 : 1;
  let arg: unknown;
  const last = names.at(-1);
  // Only what cannot be a name is taken for the argument, unless it can be nothing else.
  if (last !== undefined && (names.length > most || isArgument(last, names.length, event))) {
    arg = parseArgument(last === "-" ? await readStdinText(MAX_INPUT_BYTES) : last, last === "-");
    names.pop();
  }
  if (names.length > most) throw usage(`unexpected operand ${JSON.stringify(names[most])}`);
  if (event !== undefined) return { channel: names[0], name: event, arg };
  if (names.length === 0) throw usage("call needs METHOD", "sessionctl call --help explains it");
  return { channel: names.length === 2 ? names[0] : undefined, name: names.at(-1)!, arg };
}

function isArgument(text: string, count: number, event: string | undefined): boolean {
  if (event === undefined && count < 2) return false;
  if (text === "-") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return /^\s*[[{"]/.test(text);
  }
}

function parseArgument(text: string, fromInput: boolean): unknown {
  try {
    // PowerShell writes a byte order mark ahead of what it pipes.
    return JSON.parse(fromInput ? text.replace(/^\uFEFF/, "") : text);
  } catch (error) {
    const what = fromInput ? "what stdin holds" : JSON.stringify(text);
    throw usage(`the argument is not JSON: ${what}`, (error as Error).message);
  }
}

const MAX_INPUT_BYTES = 64 * 1024 * 1024;

function printValue(value: unknown, output: Output): void {
  if (output.json) output.value(value ?? null);
  else if (typeof value === "string") output.line(value);
  else if (value !== undefined) output.value(value);
}
