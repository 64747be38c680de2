import { SessionctlError } from "../errors.ts";
import { homeDirectory, printablePath, type SystemContext } from "../platform/mod.ts";
import {
  currentShell,
  hookFile,
  type HookShell,
  hookShells,
  loginFileFix,
  quote,
  rcFile,
  rememberedInHook,
  setVariable,
  SYNTAX,
  unsetVariable,
} from "../shell/mod.ts";
import type { Check, Finding } from "./types.ts";

/** Whether terminals of windows register them. */
export const shellCheck: Check = {
  name: "shell",
  async run({ context }) {
    const shell = hookShell(context);
    if (shell === undefined) {
      const text = `no hook for this shell; there is one for ${hookShells(context).join(", ")}`;
      return [{ severity: "ok", text }];
    }
    try {
      return await hookFindings(shell, context);
    } catch (error) {
      if (!(error instanceof SessionctlError)) throw error;
      return [{ severity: "note", text: error.message }];
    }
  },
};

/** The shell that runs us, or else the shell of new terminals. */
function hookShell(context: SystemContext): HookShell | undefined {
  const login = context.env("SHELL")?.split("/").at(-1);
  const shells = hookShells(context);
  return shells.find((shell) => shell === currentShell(context)) ??
    shells.find((shell) => shell === login);
}

async function hookFindings(shell: HookShell, context: SystemContext): Promise<Finding[]> {
  const file = hookFile(shell, context);
  const hook = await textOf(file);
  const rc = startFile(shell, hook, context);
  if (rc === undefined) {
    const text = "there is no sessionctl hook for PowerShell: terminals do not register windows";
    return [{ severity: "note", text, fix: `sessionctl init ${shell} --install --rc $PROFILE` }];
  }
  const lines = (await textOf(rc) ?? "").split("\n")
    .filter((line) => /sessionctl init/.test(line) && !/^\s*#/.test(line));
  const install = `sessionctl init ${shell} --install` +
    (context.os === "windows" ? " --rc $PROFILE" : "");
  if (lines.length === 0) {
    const text = `${printablePath(rc)} does not source the sessionctl hook: ` +
      "windows of plain VS Code are found only by their processes";
    return [{ severity: "note", text, fix: install }];
  }
  // Users who print the hook at each start have no file.
  const found: Finding[] = [
    { severity: "ok", text: `${printablePath(rc)} has the hook` },
    ...loginFindings(shell, context),
  ];
  if (lines.every((line) => /sessionctl init (bash|zsh|fish|powershell)/.test(line))) return found;
  const other = lines.map((line) => sourcedElsewhere(line, file, context)).find(Boolean);
  if (hook === undefined || other !== undefined) {
    const text = `${printablePath(rc)} sources ${printablePath(other ?? file)}, ` +
      (other === undefined ? "which cannot be read" : `and the hook is ${printablePath(file)}`);
    return [{ severity: "problem", text, fix: install }];
  }
  const program = programIn(hook);
  if (program !== undefined && !(await isExecutable(program))) {
    const text = `${printablePath(file)} names a program that does not exist: ` +
      printablePath(program);
    return [{ severity: "problem", text, fix: `${install}${optionsIn(hook, context)}` }];
  }
  return found;
}

/**
 * The start-up file with the hook. On Windows, where only PowerShell knows it, it is read from the
 * hook.
 */
function startFile(
  shell: HookShell,
  hook: string | undefined,
  context: SystemContext,
): string | undefined {
  return context.os === "windows" ? rememberedInHook(hook ?? "", "rc") : rcFile(shell, context);
}

/** The file that a line sources, if it is a hook in another place than `file`. */
function sourcedElsewhere(
  line: string,
  file: string,
  context: SystemContext,
): string | undefined {
  const word = /\S*\/sessionctl\/init\.(?:bash|zsh|fish)/.exec(line)?.[0];
  const home = homeDirectory(context) ?? "";
  const path = word?.replace(/["'\\]/g, "").replace(/^(?:\$\{HOME-?\}|\$HOME|~)/, home);
  // For a path with a blank in it, the word is the end of it.
  return path === undefined || file.endsWith(path) ? undefined : path;
}

/** Login shells read another file first. */
function loginFindings(shell: HookShell, context: SystemContext): Finding[] {
  const fix = loginFileFix(shell, context);
  if (fix === undefined) return [];
  const text = `login shells (tmux, ssh) do not read ${printablePath(rcFile(shell, context))}`;
  return [{ severity: "note", text, fix }];
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}

/** The hook's program: the word after its `-x` or `-LiteralPath`, as `quoteAlways` writes it. */
function programIn(hook: string): string | undefined {
  const powershell = /-LiteralPath '((?:[^'\n]|'')*)'/.exec(hook)?.[1];
  if (powershell !== undefined) return powershell.replaceAll("''", "'");
  const quoted = /-x '((?:[^'\n]|'\\'')*)'/.exec(hook)?.[1];
  return quoted?.replaceAll("'\\''", "'");
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    return isFile && (Deno.build.os === "windows" || ((mode ?? 0) & 0o111) !== 0);
  } catch {
    return false;
  }
}

const STARTS = /[ ']add --terminal --start[ ']/;

/** Whether the user's start-up file sources a hook that starts the registry. */
export function hookStartsRegistry(context: SystemContext): boolean {
  const shell = hookShell(context);
  if (shell === undefined) return false;
  try {
    const hook = context.readTextFile(hookFile(shell, context)) ?? "";
    const rc = startFile(shell, hook, context);
    if (rc === undefined) return false;
    return /sessionctl init/.test(context.readTextFile(rc) ?? "") && STARTS.test(hook);
  } catch (error) {
    if (error instanceof SessionctlError) return false; // There is no home directory.
    throw error;
  }
}

/** The options with which the hook was installed, so that installing it again keeps them. */
function optionsIn(hook: string, context: SystemContext): string {
  const has = (pattern: RegExp, option: string) => pattern.test(hook) ? ` ${option}` : "";
  const links = rememberedInHook(hook, "links");
  return (links ? ` --link ${word(links, context)}` : "") +
    has(STARTS, "--start") +
    has(/^ *function (global:)?code\b/m, "--code") +
    has(/^ *(export |set -gx |\$env:)EDITOR\b/m, "--editor") +
    has(/^ *(export |set -gx |\$env:)BROWSER\b/m, "--browser");
}

const syntaxOf = (context: SystemContext) => SYNTAX[currentShell(context)] ?? "posix";

/** A word quoted for the user's shell; in fish, backslashes count inside quotes, too. */
export function word(text: string, context: SystemContext): string {
  return quote(syntaxOf(context), text);
}

/** The command that unsets a variable in the user's shell. */
export function unsetting(name: string, context: SystemContext): string {
  return unsetVariable(syntaxOf(context), name);
}

/** The command that sets a variable in the user's shell. */
export function setting(name: string, value: string, context: SystemContext): string {
  return setVariable(syntaxOf(context), name, value);
}
