import type { SystemContext } from "../platform/mod.ts";
import { currentShell, quote } from "../shell/mod.ts";

/** A word for bash and zsh, and as long as nothing odd is in it, for fish. */
export function posix(word: string): string {
  return quote("posix", word);
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
    : `export ${name}=${posix(value)}`;
}
