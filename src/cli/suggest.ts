import { closestString } from "@std/text/closest-string";
import { SessionctlError } from "../errors.ts";
import type { CommandTable } from "./command.ts";
import { globalOptions, type Mistake, usage } from "./mod.ts";

/** Suggests the nearest of `candidates`, if it is similar enough to the typed word. */
export function didYouMean(
  typed: string,
  candidates: readonly string[],
): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = typed.toLowerCase();
  const closest = closestString(lower, candidates);
  return isNear(lower, closest) ? `did you mean ${closest}?` : undefined;
}

/**
 * Creates the error for a mistake, with the word that was probably meant.
 *
 * @param name The called command.
 * @param next The word after it, which may be the second word of a command's name.
 */
export function explainMistake(
  { message, hint, near }: Mistake,
  table: CommandTable,
  name: string,
  next = "",
): SessionctlError {
  const longer = Object.keys(table).filter((other) => other.startsWith(`${name} `));
  const nearest = near
    ? didYouMean(near.typed, near.among)
    : didYouMean(`${name} ${next}`, next ? longer : []);
  if (nearest === undefined) return usage(message, hint);
  return usage(message, near?.keepHint ? `${nearest} ${hint}` : nearest);
}

/** Whether the typed word is a mistyped form of the candidate, or its start. */
function isNear(typed: string, candidate: string): boolean {
  if (typed.length > 2 && candidate.startsWith(typed)) return true;
  return mistakes(typed, candidate) <= Math.max(typed.length, candidate.length) * 0.4;
}

/**
 * The number of missing, surplus, wrong and swapped letters: the optimal string alignment distance
 * of two words. `closestString` counts two swapped letters as two mistakes.
 */
function mistakes(typed: string, candidate: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], [...Array(candidate.length + 1).keys()]];
  for (let i = 1; i <= typed.length; i++) {
    const row = [i];
    for (let j = 1; j <= candidate.length; j++) {
      const wrong = typed[i - 1] === candidate[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && typed[i - 1] === candidate[j - 2] &&
        typed[i - 2] === candidate[j - 1];
      row[j] = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + wrong,
        swapped ? beforeLast[j - 2]! + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return last[candidate.length]!;
}

/** Commands of other programs that people type, and the corresponding command here. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ls: "list",
  ps: "list",
  start: "serve --detach",
  up: "serve --detach",
  kill: "stop",
  down: "stop",
  edit: "open --wait",
  code: "open",
  log: "run --list",
  logs: "run --list",
  rm: "remove",
  delete: "remove",
  register: "add",
  settings: "config",
};

/**
 * Creates the error for an unknown command, with the one that was probably meant.
 *
 * @param isOperand Whether the name is an operand of `config` or `help`, so that it cannot mean a file.
 */
export async function unknownName(
  name: string,
  table: CommandTable,
  isOperand = false,
): Promise<SessionctlError> {
  const isOption = name.startsWith("-");
  const commands = await Promise.all(
    Object.entries(table).map(async ([name, load]) => {
      return (await load()).command.spec.hidden ? [] : name;
    }),
  );
  const known = isOption
    ? ["--version", ...globalOptions.map(({ name }) => `--${name}`)]
    : [...commands.flat(), "help"];
  const hint = () => {
    if (/^-*v(ersion)?$/i.test(name)) return "did you mean --version?";
    if (Object.hasOwn(SYNONYMS, name)) return `did you mean ${SYNONYMS[name]}?`;
    if (!isOperand && namesFile(name)) return "to open a file: sessionctl open FILE";
    return didYouMean(name, known) ?? "sessionctl help lists the commands";
  };
  return new SessionctlError(
    "USAGE",
    `unknown ${isOption ? "option" : "command"} ${JSON.stringify(name)}`,
    { hint: hint() },
  );
}

/** Whether the word is a file's name, perhaps with `:LINE:COLUMN`. */
function namesFile(name: string): boolean {
  try {
    Deno.statSync(name.replace(/(:\d+){1,2}$/, ""));
    return true;
  } catch {
    return false;
  }
}
