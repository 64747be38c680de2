import { quote, quoteAlways, type Syntax } from "./quote.ts";

/**
 * The command that sets an environment variable, in a shell's own syntax.
 *
 * @example
 * ```ts
 * setVariable("csh", "EDITOR", "vi"); // setenv EDITOR vi
 * ```
 */
export function setVariable(syntax: Syntax, name: string, value: string): string {
  const word = quote(syntax, value);
  return {
    posix: `export ${name}=${word}`,
    fish: `set -gx ${name} ${word}`,
    csh: `setenv ${name} ${word}`,
    powershell: `$env:${name} = ${quoteAlways(syntax, value)}`,
    tmux: `set-environment ${name} ${word}`,
  }[syntax];
}

/** The command that unsets an environment variable, in a shell's own syntax. */
export function unsetVariable(syntax: Syntax, name: string): string {
  return {
    posix: `unset ${name}`,
    fish: `set -e ${name}`,
    csh: `unsetenv ${name}`,
    powershell: `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    // With -r, so that the value from tmux's own environment does not reappear.
    tmux: `set-environment -r ${name}`,
  }[syntax];
}
