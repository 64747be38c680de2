import { SessionctlError } from "../errors.ts";
import { configFilePath, system } from "../platform/mod.ts";
import type { CommandSettings } from "./config/mod.ts";
import {
  type Command,
  type CommandSpec,
  type CommandTable,
  createOutput,
  ExitCode,
  exitCodeOf,
  globalOptions,
  type Mistake,
  type Output,
  readCommandLine,
  resolveArguments,
  VERSION,
} from "./mod.ts";

/** Names under which the whole program acts as `open`, with VS Code's own options. */
const EDITOR_NAMES = new Set([
  "code",
  "code-insiders",
  "codium",
  "code-server",
  "cursor",
]);

/**
 * The commands of the links that `init --link` creates, for tools that accept no arguments in
 * EDITOR.
 */
const LINKED: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  "sessionctl-edit": ["open", "--wait"],
  "sessionctl-browse": ["browse"],
};

/** `help --help` also prints the program's help. */
const HELP: ReadonlySet<string> = new Set(["help", "-h", "--help"]);

/**
 * Runs the program.
 *
 * @param programName The name of the call (`argv[0]`); a symlink named `code` acts as `open`.
 * @returns the exit code.
 */
export async function main(
  args: readonly string[],
  programName: string,
  table: CommandTable,
): Promise<number> {
  const baseName = programName.slice(programName.search(/[^\\/]*$/)).replace(/\.exe$/i, "");
  if (EDITOR_NAMES.has(baseName)) return await runCommand("open", args, table, baseName);
  if (Object.hasOwn(LINKED, baseName)) {
    const [command, ...first] = LINKED[baseName]!;
    return await runCommand(command, [...first, ...args], table);
  }
  const count = leadingOptions(args);
  const [name, words] = takeCommand(args.slice(count), table);
  // An option of every command may also stand before the command.
  const rest = [...args.slice(0, count), ...words];
  switch (name) {
    case undefined:
      if (count > args.length) return missingValue(args);
      // The user did not ask for help, so it goes to stderr.
      await printHelp(undefined, table, (output) => output.talk);
      return ExitCode.Usage;
    case "help":
    case "-h":
    case "--help":
      return await printHelp(
        HELP.has(rest[0] ?? "") ? undefined : takeCommand(rest, table)[0],
        table,
      );
    case "-v":
    case "--version":
      return printVersion(rest.includes("--json"));
    default:
      return await runCommand(name, rest, table);
  }
}

/** Splits off the command's name, which has two words if there is such a command. */
function takeCommand(
  [first, ...words]: readonly string[],
  table: CommandTable,
): [name: string | undefined, words: readonly string[]] {
  const both = `${first} ${words[0]}`;
  return Object.hasOwn(table, both) ? [both, words.slice(1)] : [first, words];
}

/** The number of words before the command that are global options and their values. */
function leadingOptions(args: readonly string[]): number {
  let count = 0;
  for (;;) {
    const [name, value] = args[count]?.split(/=(.*)/s) ?? [];
    const option = globalOptions.find(({ name: long, short }) =>
      name === `--${long}` || (short !== undefined && name === `-${short}`)
    );
    // Help without a command is the program's own.
    if (option === undefined || option.name === "help") return count;
    count += option.type !== "flag" && value === undefined ? 2 : 1;
  }
}

/** Reports that the last word, an option before a command, has no value. */
function missingValue(args: readonly string[]): number {
  const json = args.includes("--json");
  const error = new SessionctlError("USAGE", `${args.at(-1)} needs a value`, {
    hint: "usage: sessionctl COMMAND [options] [operands]",
  });
  return report(error, createOutput({ json, quiet: false, verbose: false }));
}

function printVersion(json: boolean): number {
  const output = createOutput({ json, quiet: false, verbose: false });
  try {
    if (json) {
      output.value({ version: VERSION, deno: Deno.version.deno, codeCache: hasCodeCache() });
    } else output.line(`sessionctl ${VERSION}`);
    return ExitCode.Done;
  } catch (error) {
    return report(error, output);
  }
}

/** Whether V8 accepted the compiled program's code cache; see `scripts/bundle/script.ts`. */
function hasCodeCache(): boolean {
  return Reflect.get(globalThis, Symbol.for("sessionctl.codeCache")) === true;
}

async function runCommand(
  name: string,
  args: readonly string[],
  table: CommandTable,
  calledAs?: string,
): Promise<number> {
  // Determined before parsing, so that an error in the arguments has the requested format.
  let output = createOutput({
    json: args.includes("--json"),
    quiet: false,
    verbose: false,
  });
  try {
    const command = await loadCommand(name, table);
    const isForeign = calledAs !== undefined && command.spec.isForeign?.(args);
    const line = readCommandLine(isForeign ? ["--", ...args] : args, command.spec);
    if (line.kind === "help") return await printHelp(name, table);
    if (line.kind === "wrong") throw await explained(line.mistake, table, name, args[0]);
    const settings = await configuredSettings(command.spec, table);
    const parsed = resolveArguments(line.words, command.spec, settings?.values);
    output = createOutput({
      json: parsed.flag("json"),
      quiet: parsed.flag("quiet"),
      verbose: parsed.flag("verbose"),
    });
    if (settings) reportProblems(settings, command.spec, output);
    return await command.run({
      given: parsed,
      output,
      words: args,
      calledAs,
      // The library reads the variable itself, and names it in errors.
      socket: parsed.source("socket") === "environment" ? undefined : parsed.value("socket"),
      commands: table,
      unknownName: (name) => unknownName(name, table, true),
    });
  } catch (error) {
    return report(error, output);
  }
}

async function explained(
  ...mistake: [Mistake, CommandTable, name: string, next?: string]
): Promise<SessionctlError> {
  const { explainMistake } = await import("./suggest.ts");
  return explainMistake(...mistake);
}

/** The settings of the config file, whose parser loads only if there is a file. */
async function configuredSettings(
  spec: CommandSpec,
  table: CommandTable,
): Promise<CommandSettings | undefined> {
  const path = configFilePath();
  if (path === undefined || spec.config === "own") return undefined;
  try {
    Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !system.env("SESSIONCTL_CONFIG")) return undefined;
    // The reader of the file reports any other problem with it.
  }
  const { settingsFor } = await import("./config/mod.ts");
  return await settingsFor(path, spec, Object.keys(table));
}

/**
 * Reports problems of the file. They must not stop `open`, but a server must not start without its
 * protective settings.
 */
function reportProblems(settings: CommandSettings, spec: CommandSpec, output: Output): void {
  const { problems } = settings;
  if (problems.length === 0) return;
  const lines = problems.flatMap(({ text, hint, line }) =>
    // A problem with the whole file has a hint of its own.
    hint !== undefined && line === undefined ? [text, hint] : [text]
  ).join("\n  ");
  if (spec.config === "strict") {
    throw new SessionctlError(
      "USAGE",
      `${spec.name} needs a config file without errors: ${lines}`,
      {
        hint: "check it with: sessionctl config; ignore it with: SESSIONCTL_CONFIG=none",
      },
    );
  }
  output.note(`ignored in the config file: ${lines}`);
}

function report(error: unknown, output: Output): number {
  output.error(error);
  return exitCodeOf(error);
}

async function unknownName(
  ...args: [name: string, table: CommandTable, isOperand?: boolean]
): Promise<SessionctlError> {
  const { unknownName } = await import("./suggest.ts");
  return await unknownName(...args);
}

async function loadCommand(
  name: string,
  table: CommandTable,
  isOperand = false,
): Promise<Command> {
  if (Object.hasOwn(table, name)) return (await table[name]!()).command;
  throw await unknownName(name, table, isOperand);
}

async function printHelp(
  name: string | undefined,
  table: CommandTable,
  choose = (output: Output) => output.line,
): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  const output = createOutput({ json: false, quiet: false, verbose: false });
  const print = choose(output);
  try {
    if (name !== undefined) {
      print(commandHelp((await loadCommand(name, table, true)).spec));
    } else {
      const commands = await Promise.all(
        Object.values(table).map((load) => load()),
      );
      print(programHelp(commands.map(({ command }) => command.spec)));
    }
    return ExitCode.Done;
  } catch (error) {
    return report(error, output);
  }
}
