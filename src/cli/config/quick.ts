import { type CommandSpec, type OptionSpec, settableGlobals, settableOptions } from "../spec.ts";
import { readValue } from "./value.ts";

type Values = Map<string, { readonly value: boolean | readonly string[] }>;

/**
 * The settings of a config file without mistakes for one command. This takes a fifth of the time of
 * the parser that reports positions, and every start with a config file needs it.
 *
 * @returns undefined if there may be a mistake; the other parser then reports it with its position.
 */
export function quickSettings(
  text: string,
  spec: CommandSpec,
  commands: readonly string[],
): Values | undefined {
  const root = members(plainJson(text));
  if (root === undefined) return undefined;
  const values: Values = new Map();
  const globals = settableGlobals();
  for (const [name, value] of root) {
    if (name === spec.name) continue;
    const option = globals.find((option) => option.name === name);
    if (option ? !take(values, option, value) : !commands.includes(name)) return undefined;
  }
  const section = root.find(([name]) => name === spec.name);
  if (section === undefined) return values;
  const options = settableOptions(spec);
  for (const [name, value] of members(section[1]) ?? [["", undefined] as const]) {
    const option = options.find((option) => option.name === name);
    if (option === undefined || !take(values, option, value)) return undefined;
  }
  return values;
}

const COMMENT_OR_STRING = /("(?:[^"\\]|\\.)*")|\/\/[^\n\r]*|\/\*[^]*?\*\//g;
const COMMA_OR_STRING = /("(?:[^"\\]|\\.)*")|(?<=[^\s,[{:]\s*),(?=\s*[}\]])/g;

const NAME_OR_STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Parses JSON with comments and trailing commas; undefined if the text is anything else. */
function plainJson(text: string): unknown {
  const json = text.replace(COMMENT_OR_STRING, (_, string) => string ?? " ")
    .replace(COMMA_OR_STRING, (_, string) => string ?? "");
  try {
    const value = JSON.parse(json);
    let names = 0;
    for (const [, colon] of json.matchAll(NAME_OR_STRING)) if (colon !== undefined) names++;
    // A duplicate name must be reported with its position.
    return names === countMembers(value) ? value : undefined;
  } catch {
    return undefined; // Not JSON, or nested too deep to be counted.
  }
}

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value);
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce<number>((sum, each) => sum + countMembers(each), own);
}

function members(value: unknown): [name: string, value: unknown][] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value);
}

function take(values: Values, option: OptionSpec, value: unknown): boolean {
  const read = readValue(value, option);
  if ("problem" in read) return false;
  values.set(option.name, { value: read.value });
  return true;
}
