import {
  allOptions,
  type CommandContext,
  type CommandSpec,
  defineCommand,
  ExitCode,
  option,
  type OptionSpec,
} from "../cli/mod.ts";
import { tableLines } from "../cli/table/mod.ts";
import {
  checkConfig,
  type CheckedConfig,
  configTemplate,
  type Setting,
} from "../cli/config/mod.ts";
import { errnoOf, reasonOf, SessionctlError } from "../errors.ts";
import { configFilePath, makeFolderOf, printablePath, system } from "../platform/mod.ts";
import { allSpecs } from "./shared/all_specs.ts";

/** `sessionctl config`: shows the effective options and their sources. */
export const command = defineCommand({
  name: "config",
  group: "setup",
  summary: "Show the effective options and where each value comes from",
  operands: [{ name: "COMMAND", kind: "command", arity: "any" }],
  options: {
    path: option.flag({
      summary: "Print the path of the config file, whether it exists or not",
      oneCall: true,
      conflicts: ["init", "COMMAND"],
    }),
    init: option.flag({
      summary: "Write a config file that shows what can be set",
      oneCall: true,
      conflicts: ["COMMAND"],
    }),
  },
  examples: [
    { command: "sessionctl config", does: "show all values that are set or have a default" },
    { command: "sessionctl config open", does: "show all options of open" },
    { command: "sessionctl config --init", does: "create a commented file to start with" },
    { command: 'sessionctl open "$(sessionctl config --path)"', does: "edit the file" },
  ],
  details: [
    "In order of precedence, a value comes from the command line, the option's " +
    "environment variable, the config file, or the default. --no-NAME unsets a flag that " +
    "the file sets. SESSIONCTL_CONFIG names another file; the value none disables the " +
    "file.",
    "The exit code is 1 if the file contains mistakes.",
  ],
  config: "own",
  run: config,
});

type ConfigContext = CommandContext<{ readonly path: boolean; readonly init: boolean }>;

/** An option's value and its source. */
interface Shown {
  readonly command: string | null;
  readonly option: string;
  readonly value: boolean | string | readonly string[] | null;
  readonly source: "flag" | "environment" | "file" | "default" | "unset";
  /** The variable, the file and line, or the behaviour without a value. */
  readonly from?: string;
}

async function config(context: ConfigContext): Promise<number> {
  const { args, operands, output } = context;
  // A command's name may have two words.
  const only = operands.length === 0 ? undefined : operands.join(" ");
  const path = configFilePath();
  if (args.path) {
    if (output.json) output.value({ path: requirePath(path) });
    else output.line(requirePath(path));
    return ExitCode.Done;
  }
  const specs = await allSpecs(context.commands);
  if (args.init) return await init(requirePath(path), specs, context);
  const chosen = only === undefined ? undefined : specs.find(({ name }) => name === only);
  if (only !== undefined && chosen === undefined) {
    throw await context.unknownName(only);
  }
  const checked = path === undefined ? nothing : await checkConfig(path, specs);
  const shown = chosen
    ? ofCommand(chosen, allOptions(chosen), checked, context, path)
    : everything(specs, checked, context, path);
  await print(shown, checked, path ?? null, context);
  return checked.problems.length === 0 ? ExitCode.Done : ExitCode.Failed;
}

const nothing: CheckedConfig = {
  exists: false,
  global: new Map(),
  sections: new Map(),
  problems: [],
};

function requirePath(path: string | undefined): string {
  if (path !== undefined) return path;
  const none = system.env("SESSIONCTL_CONFIG") === "none";
  throw new SessionctlError(
    "STATE_UNAVAILABLE",
    none ? "SESSIONCTL_CONFIG=none: no config file is read" : "no home directory for a config file",
    { hint: none ? "unset SESSIONCTL_CONFIG" : "set HOME or XDG_CONFIG_HOME" },
  );
}

async function init(
  path: string,
  specs: readonly CommandSpec[],
  { output }: ConfigContext,
): Promise<number> {
  const template = await configTemplate(specs);
  try {
    makeFolderOf(path, 0o700);
    // Not created with the umask's mode, because a config file that others can write is not read.
    Deno.writeTextFileSync(path, "", { createNew: true, mode: 0o600 });
    fill(path, template);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") {
      throw new SessionctlError("NOT_ALLOWED", `${printablePath(path)} already exists`, {
        hint: "edit it, or move it away first",
      });
    }
    if (error instanceof SessionctlError) throw error;
    throw new SessionctlError(
      "IO_ERROR",
      `cannot write ${printablePath(path)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  if (output.json) output.value({ path });
  else output.line(path);
  output.note("it sets nothing yet; remove the // before the options you want");
  return ExitCode.Done;
}

/**
 * Writes the text. On a full disk the file is removed, so that the next attempt does not find it.
 */
function fill(path: string, text: string): void {
  try {
    Deno.writeTextFileSync(path, text);
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  }
}

/** First the options of every command, then options that are set or have a default of their own. */
function everything(
  specs: readonly CommandSpec[],
  checked: CheckedConfig,
  context: ConfigContext,
  path: string | undefined,
): Shown[] {
  const own: CommandSpec = { ...command.spec, name: "", options: [] };
  const globals = ofCommand(own, allOptions(own), checked, context, path)
    .map((shown): Shown => ({ ...shown, command: null }));
  const sections = specs.filter(({ hidden }) => !hidden).flatMap((spec) => {
    const set = checked.sections.get(spec.name);
    const options = allOptions(spec)
      .filter((option) => spec.options.includes(option) || set?.has(option.name));
    return ofCommand(spec, options, checked, context, path);
  });
  return [...globals, ...sections].filter(({ source }) => source !== "unset");
}

function ofCommand(
  { name: command }: CommandSpec,
  options: readonly OptionSpec[],
  checked: CheckedConfig,
  context: ConfigContext,
  path: string | undefined,
): Shown[] {
  return options.filter(({ name, hidden }) => !hidden && name !== "help").map((option) => {
    const setting = checked.sections.get(command)?.get(option.name) ??
      checked.global.get(option.name);
    return { command, option: option.name, ...inForce(option, setting, context, path) };
  });
}

function inForce(
  option: OptionSpec,
  setting: Setting | undefined,
  { given }: ConfigContext,
  path: string | undefined,
): Pick<Shown, "value" | "source" | "from"> {
  const { name, type, env } = option;
  // From this command line, only the options that every command has also apply to other commands.
  if (given.source(name) === "flag" && !["path", "init"].includes(name)) {
    const value = type === "flag" ? given.flag(name) : given.value(name) ?? null;
    return { value, source: "flag" };
  }
  const variable = env === undefined ? undefined : system.env(env);
  if (variable !== undefined) {
    const value = type === "flag" ? variable === "1" : variable;
    return { value, source: "environment", from: env };
  }
  if (setting) {
    const { value, line } = setting;
    const single = typeof value === "boolean" || type === "list" ? value : value.at(-1)!;
    return { value: single, source: "file", from: `${printablePath(path!)}:${line}` };
  }
  if (option.default !== undefined) return { value: option.default, source: "default" };
  if (option.unlessGiven !== undefined) {
    return { value: null, source: "default", from: option.unlessGiven };
  }
  return { value: type === "flag" ? false : null, source: "unset" };
}

async function print(
  shown: readonly Shown[],
  checked: CheckedConfig,
  path: string | null,
  { output }: ConfigContext,
): Promise<void> {
  if (output.json) {
    output.value({ path, exists: checked.exists, values: shown, problems: checked.problems });
    return;
  }
  const rows = shown.map(({ command, option, value, source, from }) => [
    command ? `${command} --${option}` : `--${option}`,
    value === null || value === false && source === "unset" ? "-" : textOf(value),
    sourceOf(source, from),
  ]);
  for (const line of await tableLines(rows)) output.line(line);
  for (const { text, hint } of checked.problems) {
    output.note(hint === undefined ? text : `${text}\n  ${hint}`);
  }
  if (path !== null && !checked.exists) {
    output.note(`there is no ${printablePath(path)}; write one with: sessionctl config --init`);
  }
}

function sourceOf(source: Shown["source"], from: string | undefined): string {
  if (from === undefined) return source;
  return source === "default" ? `default: ${from}` : from;
}

function textOf(value: boolean | string | readonly string[]): string {
  return printablePath(typeof value === "object" ? value.join(", ") : String(value));
}
