import { shellQuote, type SystemContext } from "../platform/mod.ts";

function isFish(context: SystemContext): boolean {
  return /(^|\/)fish$/.test(context.env("SHELL") ?? "");
}

/** The command that takes a variable away in the user's shell. */
export function unsetting(name: string, context: SystemContext): string {
  return isFish(context) ? `set -e ${name}` : `unset ${name}`;
}

/** The command that sets a variable in the user's shell. */
export function setting(name: string, value: string, context: SystemContext): string {
  return isFish(context)
    ? `set -gx ${name} ${shellQuote(value)}`
    : `export ${name}=${shellQuote(value)}`;
}
