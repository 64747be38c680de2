import { resolve } from "@std/path";
import {
  type OptionSpec,
  type ParsedArguments,
  parseDuration,
  parseSize,
  usage,
} from "../cli/mod.ts";
import type { RestartPolicy } from "../supervisor/mod.ts";
import type { RunOptions } from "../run/mod.ts";

const POLICIES = ["always", "on-failure", "never"] as const;

/** The options of `run` with a command. */
export const startOptions: readonly OptionSpec[] = [
  {
    name: "name",
    type: "value",
    valueName: "NAME",
    summary: "What the run is called; the command's file name unless given",
  },
  {
    name: "restart",
    type: "value",
    valueName: "WHEN",
    kind: POLICIES,
    summary: "When the command is started again: always, on-failure or never",
    default: "on-failure",
  },
  {
    name: "give-up",
    type: "value",
    valueName: "COUNT",
    summary: "How many restarts in a row are made at most; or never",
    default: "10",
  },
  {
    name: "stop-timeout",
    type: "value",
    valueName: "TIME",
    kind: "duration",
    summary: "How long the command may take to end before it is killed",
    default: "10s",
  },
  { name: "code-server", type: "flag", summary: "The command is a code-server, whatever its name" },
  { name: "no-code-server", type: "flag", summary: "It is none, whatever its name" },
  {
    name: "log-file",
    type: "value",
    valueName: "FILE",
    kind: "file",
    summary: "Where its output is kept",
    default: "~/.local/state/sessionctl/log/run-NAME.log",
  },
  { name: "no-log-file", type: "flag", summary: "Keep its output nowhere" },
  {
    name: "log-max-size",
    type: "value",
    valueName: "SIZE",
    summary: "A log file is put away before it is longer",
    default: "10M",
  },
  {
    name: "log-max-age",
    type: "value",
    valueName: "TIME",
    kind: "duration",
    summary: "A log file is put away when it is so old",
    default: "7d",
  },
  {
    name: "log-keep",
    type: "value",
    valueName: "COUNT",
    kind: "number",
    summary: "How many log files are kept besides the present one",
    default: "5",
  },
];

/** Everything that {@link startOptions} say, but for the name. */
export function runOptions(
  args: ParsedArguments,
): Pick<
  RunOptions,
  "restart" | "giveUpAfter" | "stopTimeoutMs" | "codeServer" | "logFile" | "rotation"
> {
  return {
    restart: restartPolicy(args.value("restart") ?? "on-failure"),
    giveUpAfter: giveUpAfter(args.value("give-up") ?? "10"),
    stopTimeoutMs: parseDuration(args.value("stop-timeout") ?? "10s", "--stop-timeout"),
    codeServer: either(args, "code-server") ? args.flag("code-server") : undefined,
    logFile: logFile(args),
    rotation: {
      maxBytes: parseSize(args.value("log-max-size") ?? "10M", "--log-max-size"),
      maxAgeMs: parseDuration(args.value("log-max-age") ?? "7d", "--log-max-age"),
      keep: wholeNumber(args.value("log-keep") ?? "5", "--log-keep"),
    },
  };
}

/** Whether `--NAME` or `--no-NAME` is given. */
function either(args: ParsedArguments, name: string): boolean {
  if (!args.flag(`no-${name}`)) return args.flag(name);
  if (args.flag(name)) throw usage(`--${name} and --no-${name} exclude each other`);
  return true;
}

function logFile(args: ParsedArguments): string | null | undefined {
  const file = args.value("log-file");
  if (!args.flag("no-log-file")) return file === undefined ? undefined : resolve(file);
  if (file !== undefined) throw usage("--log-file and --no-log-file exclude each other");
  return null;
}

function restartPolicy(text: string): RestartPolicy {
  const policy = POLICIES.find((policy) => policy === text);
  if (policy) return policy;
  throw usage(`--restart is not ${JSON.stringify(text)}`, `choose ${POLICIES.join(", ")}`);
}

function giveUpAfter(text: string): number {
  return text === "never" ? Infinity : wholeNumber(text, "--give-up");
}

function wholeNumber(text: string, option: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw usage(`${option} is not a whole number: ${JSON.stringify(text)}`);
}
