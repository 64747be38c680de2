import type { SystemContext } from "../platform/mod.ts";
import { currentShell, quote, SYNTAX } from "../shell/mod.ts";

/** A word as the user's shell wants it; in fish, backslashes count inside quotes, too. */
export function word(text: string, context: SystemContext): string {
  return quote(SYNTAX[currentShell(context)] ?? "posix", text);
}

function isFish(context: SystemContext): boolean {
  return currentShell(context) === "fish";
}

/** The command that takes a variable away in the user's shell. */
export function unsetting(name: string, context: SystemContext): string {
  return isFish(context) ? `set -e ${name}` : `unset ${name}`;
}

/** The command that sets a variable in the user's shell. */
export function setting(name: string, value: string, context: SystemContext): string {
  return isFish(context)
    ? `set -gx ${name} ${quote("fish", value)}`
    : `export ${name}=${quote("posix", value)}`;
}
