import { configFilePath, SessionctlError, system } from "../platform/mod.ts";
import type { Command, CommandTable } from "./command.ts";
import { ExitCode, exitCodeOf } from "./exit_code.ts";
import { createOutput, type Output } from "./output.ts";
import type { CommandSettings } from "./config/mod.ts";
import { parseCommandLine } from "./parse.ts";
import { type CommandSpec, globalOptions } from "./spec.ts";
import { VERSION } from "./version.ts";

/** Names under which the program is `open` as a whole, with VS Code's own options. */
const EDITOR_NAMES = new Set([
  "code",
  "code-insiders",
  "codium",
  "code-server",
  "cursor",
]);

/** What the links of `init --link` stand for; for programs that take `EDITOR` or `BROWSER` for one program. */
const LINKED: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  "sessionctl-edit": ["open", "--wait"],
  "sessionctl-browse": ["browse"],
};

/** Of `help`, too, the program's help is all there is. */
const HELP: ReadonlySet<string> = new Set(["help", "-h", "--help"]);

/**
 * Runs the program.
 *
 * @param programName What it was called as (`argv[0]`); a symlink named `code` is `open`.
 * @returns the exit code.
 */
export async function main(
  args: readonly string[],
  programName: string,
  table: CommandTable,
): Promise<number> {
  const baseName = programName.slice(programName.lastIndexOf("/") + 1);
  if (EDITOR_NAMES.has(baseName)) return await runCommand("open", args, table);
  if (Object.hasOwn(LINKED, baseName)) {
    const [command, ...first] = LINKED[baseName]!;
    return await runCommand(command, [...first, ...args], table);
  }
  const [name, ...rest] = args;
  switch (name) {
    case undefined:
      // Nobody asked for help as data: it goes where talk goes.
      await printHelp(undefined, table, (output) => output.talk);
      return ExitCode.Usage;
    case "help":
    case "-h":
    case "--help":
      return await printHelp(HELP.has(rest[0] ?? "") ? undefined : rest[0], table);
    case "-v":
    case "--version":
      return printVersion(rest.includes("--json"));
    default:
      return await runCommand(name, rest, table);
  }
}

function printVersion(json: boolean): number {
  const output = createOutput({ json, quiet: false, verbose: false });
  try {
    if (json) output.value({ version: VERSION, deno: Deno.version.deno });
    else output.line(`sessionctl ${VERSION}`);
    return ExitCode.Done;
  } catch (error) {
    return report(error, output);
  }
}

async function runCommand(
  name: string,
  args: readonly string[],
  table: CommandTable,
): Promise<number> {
  // Known before the arguments are parsed: an error in them is printed as they ask.
  let output = createOutput({
    json: args.includes("--json"),
    quiet: false,
    verbose: false,
  });
  try {
    const command = await loadCommand(name, table);
    let settings: CommandSettings | undefined;
    const line = await parseCommandLine(args, command.spec, async () => {
      settings = await configuredSettings(command.spec, table);
      return settings?.values;
    });
    if (line.kind === "help") return await printHelp(name, table);
    if (line.kind === "wrong") throw line.error;
    const parsed = line.args;
    output = createOutput({
      json: parsed.flag("json"),
      quiet: parsed.flag("quiet"),
      verbose: parsed.flag("verbose"),
    });
    if (settings) reportProblems(settings, command.spec, output);
    return await command.run({
      args: parsed,
      output,
      socket: parsed.value("socket"),
      commands: table,
    });
  } catch (error) {
    return report(error, output);
  }
}

/** What the config file sets; its parser loads only where there is a file. */
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
    // Whatever else is wrong with it is told when it is read.
  }
  const { settingsFor } = await import("./config/mod.ts");
  return await settingsFor(path, spec, Object.keys(table));
}

/** A file that is wrong must not stop `open`, and must not start a server without what protects it. */
function reportProblems(settings: CommandSettings, spec: CommandSpec, output: Output): void {
  const { problems } = settings;
  if (problems.length === 0) return;
  const lines = problems.flatMap(({ text, hint, line }) =>
    // What is wrong with the file as a whole has a cure of its own.
    hint !== undefined && line === undefined ? [text, hint] : [text]
  ).join("\n  ");
  if (spec.config === "strict") {
    throw new SessionctlError(
      "USAGE",
      `${spec.name} needs a config file without errors: ${lines}`,
      {
        hint: "check it with: sessionctl config; go without it: SESSIONCTL_CONFIG=none",
      },
    );
  }
  output.note(`left out of the config file: ${lines}`);
}

function report(error: unknown, output: Output): number {
  output.error(error);
  return exitCodeOf(error);
}

async function loadCommand(
  name: string,
  table: CommandTable,
): Promise<Command> {
  if (Object.hasOwn(table, name)) return (await table[name]!()).command;
  throw await unknownName(name, table);
}

/** The error for what stands where a command is expected, with what was probably meant. */
export async function unknownName(name: string, table: CommandTable): Promise<SessionctlError> {
  const { didYouMean } = await import("./suggest.ts");
  const isOption = name.startsWith("-");
  const commands = await Promise.all(
    Object.entries(table).map(async ([name, load]) => {
      return (await load()).command.spec.hidden ? [] : name;
    }),
  );
  const known = isOption ? ["--help", "--version"] : [...commands.flat(), "help"];
  const hint = () => {
    if (isOption && isGlobal(name)) return `options follow the command: sessionctl COMMAND ${name}`;
    if (/^-*v(ersion)?$/i.test(name)) return "did you mean --version?";
    if (isFile(name)) return "to open a file: sessionctl open FILE";
    return didYouMean(name, known) ?? "sessionctl help lists the commands";
  };
  return new SessionctlError(
    "USAGE",
    `unknown ${isOption ? "option" : "command"} ${JSON.stringify(name)}`,
    { hint: hint() },
  );
}

/** Whether it is the name of a file, perhaps with `:LINE:COLUMN`, in place of a command. */
function isFile(name: string): boolean {
  try {
    Deno.statSync(name.replace(/(:\d+){1,2}$/, ""));
    return true;
  } catch {
    return false;
  }
}

/** Whether every command has this option, given as `--name`, `--name=value` or `-n`. */
function isGlobal(arg: string): boolean {
  const [name] = arg.split("=");
  return globalOptions.some((option) => name === `--${option.name}` || name === `-${option.short}`);
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
      print(commandHelp((await loadCommand(name, table)).spec));
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
