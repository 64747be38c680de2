import {
  type Arguments,
  type CommandContext,
  defineCommand,
  durationText,
  ExitCode,
  option,
  type Output,
  usage,
} from "../../cli/mod.ts";
import { start, starter } from "../shared/arguments.ts";
import { callChannel, listenToChannel } from "./channel.ts";
import type { CallRequest } from "./request.ts";
import { callWorkspace, instanceAt, listenToInstance, workspaceInstance } from "./instance.ts";
import { instanceOptions } from "../shared/instance_options.ts";
import { readStdinText } from "../shared/stdin_text.ts";
import { writtenPath } from "../shared/written_path.ts";

const ANSWER_TIMEOUT_MS = 30_000;

/** The methods and events of a window with the companion: docs/companion.md. */
const METHODS = [
  "state",
  "health",
  "diagnostics",
  "open",
  "reveal",
  "diff",
  "focus",
  "runCommand",
] as const;
const EVENTS = ["focus", "activeEditor", "saved", "folders"] as const;

const options = {
  session: option.named("session", {
    summary: "Call the window of this session: its editor socket or a unique part of it",
    oneCall: true,
    conflicts: ["workspace", "to"],
  }),
  workspace: option.value(writtenPath, {
    valueName: "DIR",
    kind: "directory",
    summary: "Call the instance that serves this workspace; it has no channels",
    oneCall: true,
    conflicts: ["to"],
  }),
  to: option.socket({
    summary: "Call this socket: an instance or, with CHANNEL, a channel server",
    oneCall: true,
  }),
  ...instanceOptions,
  listen: option.text({
    valueName: "EVENT",
    summary: "Print this event each time it occurs, instead of calling a method",
    oneCall: true,
    suggestions: EVENTS,
  }),
  timeout: option.duration({
    summary: "Time limit for the answer or the first event",
    unlessGiven: `${durationText(ANSWER_TIMEOUT_MS)}; never with --listen`,
  }),
  start,
};

type CallContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl call`: calls a method of a window's channel, of an instance, or of the hub. */
export const command = defineCommand({
  name: "call",
  group: "servers",
  summary: "Call a method of a window or an instance and print the answer",
  operands: [
    { name: "CHANNEL", arity: "optional", suggestions: ["window", "registry", "hub", ...METHODS] },
    { name: "METHOD", arity: "optional", suggestions: METHODS },
    { name: "JSON", arity: "optional" },
  ],
  options,
  examples: [
    {
      command: "sessionctl call --session ipc-3f tools runTask '\"build\"'",
      does: "call a channel that this window has registered, through the hub",
    },
    {
      command: "sessionctl call --workspace ~/api state",
      does: "print the active file and more of the window that has ~/api open",
    },
    {
      command: "sessionctl call --session ipc-3f window diagnostics",
      does: "print the problems that this window shows",
    },
    { command: "sessionctl call registry list", does: "call a channel of the hub itself" },
    {
      command: "sessionctl call --session ipc-3f tools --listen onDidSave",
      does: "print the window's events as they occur",
    },
  ],
  details: [
    "JSON is the argument, or - to read it from stdin; an array is a list of arguments. " +
    "call prints the answer as JSON, but a string as it is (with --json, also as JSON).",
    "Without a target, call uses the channels of the hub itself: registry and hub.",
    "A window with the companion (sessionctl companion) answers as an instance of its folders, and " +
    `on the channel window: ${METHODS.join(", ")}. It has the events ${EVENTS.join(", ")}.`,
  ],
  run: call,
});

async function call(context: CallContext): Promise<number> {
  const { args, operands, output } = context;
  const event = args.listen;
  const timeoutMs = args.timeout ?? (event === undefined ? ANSWER_TIMEOUT_MS : Infinity);
  if (operands.at(-1) === "-" && Deno.stdin.isTerminal()) {
    output.note("reading stdin; end it with Ctrl-D");
  }
  const request = { ...await readOperands(operands, event), timeoutMs };
  const isInstance = args.workspace !== undefined ||
    (args.to !== undefined && request.channel === undefined);
  const print = (value: unknown) => printValue(value, output);
  if (isInstance) await askInstance(context, request, event !== undefined, print);
  else await askChannel(context, request, event !== undefined, print);
  return ExitCode.Done;
}

async function askInstance(
  { args }: CallContext,
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
  const instance = args.to !== undefined
    ? instanceAt(args.to)
    : await workspaceInstance(args.workspace!, args);
  if (listen) await listenToInstance(instance, request, print);
  else print(await callWorkspace(instance, request));
}

async function askChannel(
  context: CallContext,
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
  const { args: { session, to }, socket } = context;
  const target = { socket, start: starter(context), session, to };
  if (listen) await listenToChannel(target, request, print);
  else print(await callChannel(target, request));
}

/** Parses `[CHANNEL] METHOD [JSON | -]`, or `[CHANNEL] [JSON | -]` with an event. */
async function readOperands(
  operands: readonly string[],
  event: string | undefined,
): Promise<Pick<CallRequest, "channel" | "name" | "arg">> {
  const names = [...operands];
  const most = event === undefined ? 2 : 1;
  let arg: unknown;
  const last = names.at(-1);
  // The last operand is the argument if it cannot be a name, or if no name is left to give.
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
    // PowerShell writes a byte order mark before the text that it pipes.
    return JSON.parse(fromInput ? text.replace(/^\uFEFF/, "") : text);
  } catch (error) {
    const what = fromInput ? "the text on stdin" : JSON.stringify(text);
    throw usage(`the argument is not JSON: ${what}`, (error as Error).message);
  }
}

const MAX_INPUT_BYTES = 64 * 1024 * 1024;

function printValue(value: unknown, output: Output): void {
  if (output.json) output.value(value ?? null);
  else if (typeof value === "string") output.line(value);
  else if (value !== undefined) output.value(value);
}
