import { type Arguments, option } from "../../cli/mod.ts";
import type { RunOptions } from "../../run/mod.ts";

/** The options of `run` with a command. */
export const startOptions = {
  name: option.text({
    valueName: "NAME",
    summary: "Name of the run; by default, the command's file name",
    requires: ["COMMAND"],
  }),
  restart: option.choice(["always", "on-failure", "never"], {
    valueName: "WHEN",
    summary: "When to restart the command: always, on-failure or never",
    default: "on-failure",
  }),
  giveUp: option.count({
    valueName: "COUNT",
    summary: "Give up after this many restarts in a row; or never",
    default: "10",
    never: true,
  }),
  stopTimeout: option.duration({
    summary: "Time limit for the command to end before it is killed",
    default: "10s",
  }),
  codeServer: option.flag({
    summary: "Treat the command as a code-server, whatever its name",
    conflicts: ["no-code-server"],
  }),
  noCodeServer: option.flag({ summary: "Do not treat it as a code-server, whatever its name" }),
  logFile: option.file({
    summary: "Log the command's output to this file",
    conflicts: ["no-log-file"],
    unlessGiven: "~/.local/state/sessionctl/log/run-NAME.log",
  }),
  noLogFile: option.flag({ summary: "Do not log the output" }),
  logMaxSize: option.size({
    summary: "Rotate the log before it exceeds this size",
    default: "10M",
  }),
  logMaxAge: option.duration({
    summary: "Rotate the log when it is this old",
    default: "7d",
  }),
  logKeep: option.count({
    valueName: "COUNT",
    summary: "Number of old log files to keep",
    default: "5",
  }),
};

/** Converts {@link startOptions}, except for the name, to the options of a run. */
export function runOptions(
  args: Arguments<typeof startOptions>,
): Pick<
  RunOptions,
  "restart" | "giveUpAfter" | "stopTimeoutMs" | "codeServer" | "logFile" | "rotation"
> {
  return {
    restart: args.restart,
    giveUpAfter: args.giveUp,
    stopTimeoutMs: args.stopTimeout,
    codeServer: args.codeServer || args.noCodeServer ? args.codeServer : undefined,
    logFile: args.noLogFile ? null : args.logFile,
    rotation: { maxBytes: args.logMaxSize, maxAgeMs: args.logMaxAge, keep: args.logKeep },
  };
}
