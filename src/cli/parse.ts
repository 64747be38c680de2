import { parseArgs } from "@std/cli/parse-args";
import { SessionctlError } from "../platform/mod.ts";
import { allOptions, type CommandSpec, type OptionSpec } from "./spec.ts";

/** The arguments of one call of a subcommand. */
export interface ParsedArguments {
  readonly operands: readonly string[];
  /** Options of another program that were given and are ignored. */
  readonly ignored: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  list(name: string): readonly string[];
}

function usage(message: string, hint?: string): SessionctlError {
  return new SessionctlError("USAGE", message, { hint });
}

/**
 * Parses a subcommand's arguments by its spec. Operands stay strings.
 *
 * @throws {SessionctlError} `USAGE` naming the unknown option, the option without a
 * value, or the surplus or missing operand.
 */
export async function parseArguments(
  args: readonly string[],
  spec: CommandSpec,
): Promise<ParsedArguments> {
  const options = allOptions(spec);
  const ignoredNames = spec.ignoredOptions ?? {};
  const unknown: string[] = [];
  const named = (type: OptionSpec["type"]) =>
    options.filter((option) => option.type === type).map((option) => option.name);
  const aliases: Record<string, string> = {};
  for (const { short, name } of options) if (short) aliases[short] = name;

  const parsed = parseArgs(args, {
    boolean: [
      ...named("flag"),
      ...Object.keys(ignoredNames).filter((name) => !ignoredNames[name]),
    ],
    string: [
      "_",
      ...named("value"),
      ...named("list"),
      ...Object.keys(ignoredNames).filter((name) => ignoredNames[name]),
    ],
    collect: named("list"),
    alias: aliases,
    unknown: (arg) => {
      if (!arg.startsWith("-") || arg === "-") return true;
      unknown.push(arg.replace(/=.*$/s, ""));
      return false;
    },
  });

  if (unknown.length > 0) throw await unknownOption(unknown[0]!, options, spec);
  const given = givenOptions(args);
  for (const option of options) {
    checkOption(option, parsed[option.name], given);
  }
  const operands = parsed._.map(String);
  checkOperands(operands, spec);
  return {
    operands,
    ignored: Object.keys(ignoredNames).filter((name) => given.has(name)),
    flag: (name) => parsed[name] === true,
    value: (name) => parsed[name] as string | undefined,
    list: (name) => (parsed[name] as string[] | undefined) ?? [],
  };
}

/** The long options in `args`, each with whether it was written `--name=value`. */
function givenOptions(args: readonly string[]): Map<string, boolean> {
  const given = new Map<string, boolean>();
  for (const arg of args) {
    if (arg === "--") break;
    const match = /^--([^=]+)(=)?/s.exec(arg);
    if (match) given.set(match[1]!, match[2] !== undefined);
  }
  return given;
}

function checkOption(
  option: OptionSpec,
  value: unknown,
  given: Map<string, boolean>,
): void {
  if (option.type === "flag") {
    if (given.get(option.name)) throw usage(`--${option.name} takes no value`);
    return;
  }
  const values = option.type === "list" ? (value as string[] | undefined) ?? [] : [value];
  if (values.includes("")) {
    throw usage(`--${option.name} needs a value: ${option.valueName}`);
  }
}

async function unknownOption(
  arg: string,
  options: readonly OptionSpec[],
  spec: CommandSpec,
): Promise<SessionctlError> {
  const { didYouMean } = await import("./suggest.ts");
  const names = options.flatMap((option) => option.hidden ? [] : [`--${option.name}`]);
  const hint = didYouMean(arg, names) ??
    `sessionctl ${spec.name} --help lists the options`;
  return usage(`unknown option ${arg}`, hint);
}

function checkOperands(operands: readonly string[], spec: CommandSpec): void {
  const hint = `usage: ${usageLine(spec)}`;
  let least = 0;
  let most = 0;
  for (const { arity = "one" } of spec.operands) {
    if (arity === "one" || arity === "some") least++;
    most += arity === "any" || arity === "some" ? Infinity : 1;
  }
  if (operands.length < least) {
    throw usage(
      `${spec.name} needs ${spec.operands[operands.length]!.name}`,
      hint,
    );
  }
  if (operands.length > most) {
    throw usage(`unexpected operand ${JSON.stringify(operands[most])}`, hint);
  }
}

/** One line such as `sessionctl add [options] SOCKET FOLDER...`. */
export function usageLine(spec: CommandSpec): string {
  const operands = spec.operands.map(({ name, arity = "one" }) =>
    ({
      one: name,
      optional: `[${name}]`,
      any: `[${name}...]`,
      some: `${name}...`,
    })[arity]
  );
  return ["sessionctl", spec.name, "[options]", ...operands].join(" ");
}
