import { SessionctlError } from "../errors.ts";
import { configDirectory, homeDirectory, system, type SystemContext } from "../platform/mod.ts";
import { changeFile } from "./change_file.ts";
import { quote, quoteAlways } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/** The end of our line, by which it is recognized. */
const MARK = "# sessionctl init";
/**
 * bash's start-up files of login shells, relative to the home directory; it reads the first one.
 */
export const LOGIN_FILES = [".bash_profile", ".bash_login", ".profile"] as const;

/**
 * The start-up file of interactive shells.
 *
 * zsh's is in `USER_ZDOTDIR` inside an integrated terminal, where VS Code's shell integration
 * replaces `ZDOTDIR`. On macOS, terminals start login shells, for which bash reads the first
 * existing one of three other files. Sources: bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN FILES,
 * fish "Configuration".
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory; `USAGE` for PowerShell
 * on Windows, where the documents' folder may be anywhere.
 */
export function rcFile(shell: HookShell, context: SystemContext = system): string {
  const home = homeDirectory(context);
  if (home === undefined) {
    throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for dotfiles", {
      hint: "set HOME, or name the file with --rc FILE",
    });
  }
  const absolute = (name: string) => {
    const value = context.env(name);
    return value?.startsWith("/") ? value : undefined;
  };
  switch (shell) {
    case "bash":
      if (context.os !== "darwin") return `${home}/.bashrc`;
      // A new .bash_profile would hide the content of the others.
      return LOGIN_FILES.map((name) => `${home}/${name}`)
        .find((file) => context.readTextFile(file) !== undefined) ?? `${home}/${LOGIN_FILES[0]}`;
    case "zsh":
      return `${absolute("USER_ZDOTDIR") ?? absolute("ZDOTDIR") ?? home}/.zshrc`;
    case "fish":
      return `${configDirectory(context)}/fish/config.fish`;
    case "powershell":
      if (context.os !== "windows") {
        return `${configDirectory(context)}/powershell/Microsoft.PowerShell_profile.ps1`;
      }
      throw new SessionctlError("USAGE", "only PowerShell knows where its profile is", {
        hint: "run in PowerShell: sessionctl init powershell --install --rc $PROFILE",
      });
  }
}

/**
 * The line that sources the hook, if it exists. The path of a hook below the home directory uses
 * `HOME`, so that dotfiles can be copied to another machine.
 */
export function sourceLine(
  shell: HookShell,
  hookFile: string,
  context: SystemContext = system,
): string {
  if (shell === "powershell") return powershellSourceLine(hookFile, context);
  const home = homeDirectory(context);
  const below = home !== undefined && home !== "/" && hookFile.startsWith(`${home}/`)
    ? hookFile.slice(home.length)
    : undefined;
  if (shell === "fish") {
    const file = below === undefined ? quote("fish", hookFile) : `"$HOME"${quote("fish", below)}`;
    return `test -r ${file}; and source ${file} ${MARK}`;
  }
  const file = below === undefined
    ? quote("posix", hookFile)
    : `"\${HOME-}"${quote("posix", below)}`;
  return `if [ -r ${file} ]; then . ${file}; fi ${MARK}`;
}

/** On Windows the hook lies below `%LOCALAPPDATA%`. */
function powershellSourceLine(hookFile: string, context: SystemContext): string {
  const [base, variable] = context.os === "windows"
    ? [context.env("LOCALAPPDATA"), "$env:LOCALAPPDATA"]
    : [homeDirectory(context), "$HOME"];
  const isBelow = base !== undefined && base !== "" &&
    /^[\\/]./.test(hookFile.slice(base.length)) &&
    hookFile.startsWith(base);
  const file = isBelow
    ? `(${variable} + ${quoteAlways("powershell", hookFile.slice(base.length))})`
    : quoteAlways("powershell", hookFile);
  return `if (Test-Path -LiteralPath ${file}) { . ${file} } ${MARK}`;
}

/** The change of a start-up file. */
export type RcChange = "added" | "updated" | "removed" | "unchanged";

/**
 * Makes `line` our only line in `file`, at its present position or else at the end.
 *
 * @throws {SessionctlError} `ACCESS_DENIED` or `IO_ERROR`, with the line as a hint.
 */
export function putLine(file: string, line: string): RcChange {
  const change = (text: string) => {
    const lines = text.split("\n");
    const first = lines.findIndex(isOurs);
    if (first < 0) return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
    return lines.filter((each, at) => at === first || !isOurs(each))
      .map((each) => isOurs(each) ? line : each).join("\n");
  };
  const hint = `add this line to it yourself: ${line}`;
  const { before, isChanged } = changeFile(file, change, { hint });
  if (!isChanged) return "unchanged";
  return before.split("\n").some(isOurs) ? "updated" : "added";
}

/** Removes all of our lines from `file`. */
export function removeLine(file: string): RcChange {
  const change = (text: string) => text.split("\n").filter((line) => !isOurs(line)).join("\n");
  return changeFile(file, change).isChanged ? "removed" : "unchanged";
}

function isOurs(line: string): boolean {
  return line.trimEnd().endsWith(MARK);
}
