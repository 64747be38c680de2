import type { SystemContext } from "../platform/mod.ts";
import { currentShell, quote, setVariable, SYNTAX, unsetVariable } from "../shell/mod.ts";

const syntaxOf = (context: SystemContext) => SYNTAX[currentShell(context)] ?? "posix";

/** A word as the user's shell wants it; in fish, backslashes count inside quotes, too. */
export function word(text: string, context: SystemContext): string {
  return quote(syntaxOf(context), text);
}

/** The command that takes a variable away in the user's shell. */
export function unsetting(name: string, context: SystemContext): string {
  return unsetVariable(syntaxOf(context), name);
}

/** The command that sets a variable in the user's shell. */
export function setting(name: string, value: string, context: SystemContext): string {
  return setVariable(syntaxOf(context), name, value);
}
