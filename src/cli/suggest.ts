import { closestString } from "@std/text/closest-string";
import { SessionctlError } from "../errors.ts";
import type { CommandTable } from "./command.ts";
import { type Mistake, usage } from "./mod.ts";

/** "did you mean ...?" when one of `candidates` is near enough to what was typed. */
export function didYouMean(
  typed: string,
  candidates: readonly string[],
): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = typed.toLowerCase();
  const closest = closestString(lower, candidates);
  return isNear(lower, closest) ? `did you mean ${closest}?` : undefined;
}

/** The error for a mistake, with the word that was probably meant. */
export function explainMistake({ message, hint, near }: Mistake): SessionctlError {
  const nearest = near && didYouMean(near.typed, near.among);
  if (nearest === undefined) return usage(message, hint);
  return usage(message, near?.keepHint ? `${nearest} ${hint}` : nearest);
}

/** Near: most of the letters occur in both. */
function isNear(typed: string, candidate: string): boolean {
  const left = [...candidate];
  let shared = 0;
  for (const letter of typed) {
    const at = left.indexOf(letter);
    if (at === -1) continue;
    left.splice(at, 1);
    shared++;
  }
  return shared >= Math.max(typed.length, candidate.length) * 0.6;
}

/** Commands of other programs that people type, and the command here for each. */
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

/** The error for what stands where a command is expected, with what was probably meant. */
export async function unknownName(name: string, table: CommandTable): Promise<SessionctlError> {
  const isOption = name.startsWith("-");
  const commands = await Promise.all(
    Object.entries(table).map(async ([name, load]) => {
      return (await load()).command.spec.hidden ? [] : name;
    }),
  );
  const known = isOption ? ["--help", "--version"] : [...commands.flat(), "help"];
  const hint = () => {
    if (/^-*v(ersion)?$/i.test(name)) return "did you mean --version?";
    if (Object.hasOwn(SYNONYMS, name)) return `did you mean ${SYNONYMS[name]}?`;
    if (namesFile(name)) return "to open a file: sessionctl open FILE";
    return didYouMean(name, known) ?? "sessionctl help lists the commands";
  };
  return new SessionctlError(
    "USAGE",
    `unknown ${isOption ? "option" : "command"} ${JSON.stringify(name)}`,
    { hint: hint() },
  );
}

/** Whether it is the name of a file, perhaps with `:LINE:COLUMN`, in place of a command. */
function namesFile(name: string): boolean {
  try {
    Deno.statSync(name.replace(/(:\d+){1,2}$/, ""));
    return true;
  } catch {
    return false;
  }
}
