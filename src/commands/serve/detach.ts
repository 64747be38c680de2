import { resolve } from "@std/path";
import { startRegistry } from "../../background/mod.ts";
import {
  type CommandContext,
  type CommandSpec,
  ExitCode,
  type OptionSpec,
  type ParsedArguments,
} from "../../cli/mod.ts";
import { printablePath } from "../../platform/mod.ts";

/** `serve --detach`: returns when the registry answers, or reports why it does not. */
export async function serveDetached(
  context: CommandContext,
  spec: CommandSpec,
): Promise<number> {
  const { given, output } = context;
  const socket = context.socket === undefined ? undefined : resolve(context.socket);
  const started = await startRegistry({
    socket,
    args: [...optionsOf(given, spec, ["detach"]), ...(output.verbose ? ["--verbose"] : [])],
    note: (message) => output.note(message),
  });
  const { socketPath, pid, alreadyRunning, logFile } = started;
  if (output.json) {
    output.value({ listening: socketPath, pid, alreadyRunning, logFile: logFile ?? null });
    return ExitCode.Done;
  }
  output.line(`listening on ${printablePath(socketPath)} (pid ${pid})`);
  if (alreadyRunning) output.note("it was already running, with its own options");
  else {
    const named = socket === undefined ? "" : ` --socket ${printablePath(socket)}`;
    output.note(`its log is ${printablePath(logFile!)}; end it with: sessionctl stop${named}`);
  }
  return ExitCode.Done;
}

/**
 * The options of a command line for another process with another current folder: paths are
 * absolute. Values from variables or the config file are left out, because that process reads them
 * itself.
 */
export function optionsOf(
  args: ParsedArguments,
  spec: CommandSpec,
  except: readonly string[],
): string[] {
  const given = ({ name }: OptionSpec) => args.source(name) === "flag" && !except.includes(name);
  return spec.options.filter(given).flatMap(({ name, type, kind }) => {
    if (type === "flag") return [args.flag(name) ? `--${name}` : `--no-${name}`];
    const isPath = ["file", "directory", "workspace", "socket"].includes(kind as string);
    return args.list(name).map((value) => `--${name}=${isPath ? resolve(value) : value}`);
  });
}
