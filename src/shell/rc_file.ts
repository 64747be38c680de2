import { dirname, resolve } from "@std/path";
import { errnoOf, messageOf, SessionctlError } from "../errors.ts";
import {
  checkWritePlace,
  configDirectory,
  homeDirectory,
  makeFolderOf,
  printablePath,
  realPathOf,
  replaceFile,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { quote } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/** The end of our line, by which it is recognized. */
const MARK = "# sessionctl init";
/**
 * bash's start-up files of login shells, relative to the home directory; it reads the first one.
 */
export const LOGIN_FILES = [".bash_profile", ".bash_login", ".profile"] as const;
/** The maximum length of a chain of symlinks that Linux follows. */
const MAX_LINKS = 40;

/**
 * The start-up file of interactive shells.
 *
 * zsh's is in `USER_ZDOTDIR` inside an integrated terminal, where VS Code's shell integration
 * replaces `ZDOTDIR`. On macOS, terminals start login shells, for which bash reads the first
 * existing one of three other files. Sources: bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN FILES,
 * fish "Configuration".
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
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

/** The change of a start-up file. */
export type RcChange = "added" | "updated" | "removed" | "unchanged";

/**
 * Makes `line` our only line in `file`, at its present position or else at the end.
 *
 * @throws {SessionctlError} `ACCESS_DENIED` or `IO_ERROR`, with the line as a hint.
 */
export function putLine(file: string, line: string): RcChange {
  const text = readText(file, line) ?? "";
  const lines = text.split("\n");
  const first = lines.findIndex(isOurs);
  if (first < 0) {
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    write(file, `${text}${separator}${line}\n`, line);
    return "added";
  }
  const changed = lines.filter((each, at) => at === first || !isOurs(each))
    .map((each) => isOurs(each) ? line : each).join("\n");
  if (changed === text) return "unchanged";
  write(file, changed, line);
  return "updated";
}

/** Removes all of our lines from `file`. */
export function removeLine(file: string): RcChange {
  const text = readText(file);
  if (text === undefined) return "unchanged";
  const changed = text.split("\n").filter((line) => !isOurs(line)).join("\n");
  if (changed === text) return "unchanged";
  write(file, changed);
  return "removed";
}

function isOurs(line: string): boolean {
  return line.trimEnd().endsWith(MARK);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(file: string, line?: string): string | undefined {
  try {
    return decoder.decode(Deno.readFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // Text that is not UTF-8 would not survive rewriting.
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : messageOf(error);
    throw failure("read", file, reason, error, line);
  }
}

/** Replaces the file behind any symlinks atomically, so that a crash leaves no partial file. */
function write(file: string, text: string, line?: string): void {
  const real = behindLinks(file);
  try {
    // By its own name, because another user's link on the way counts.
    checkWritePlace(file);
    makeFolderOf(real, 0o755);
    const mode = infoOf(real)?.mode;
    const keepMode = (made: string) => mode != null && Deno.chmodSync(made, mode & 0o7777);
    replaceFile(real, text, { mode: 0o644, prepare: keepMode });
  } catch (error) {
    if (error instanceof SessionctlError) throw error;
    throw failure("write", file, messageOf(error), error, line);
  }
}

/** Resolves symlinks. The target may not exist yet, such as dotfiles that are not checked out. */
function behindLinks(file: string): string {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      path = resolve(realPathOf(dirname(path)), Deno.readLinkSync(path));
    } catch {
      break; // Not a symlink.
    }
  }
  return realPathOf(path);
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function failure(
  verb: string,
  file: string,
  reason: string,
  cause: unknown,
  line?: string,
): SessionctlError {
  const denied = ["EACCES", "EPERM", "EROFS"].includes(errnoOf(cause) ?? "");
  return new SessionctlError(
    denied ? "ACCESS_DENIED" : "IO_ERROR",
    `cannot ${verb} ${printablePath(file)}: ${reason}`,
    { hint: line === undefined ? undefined : `add this line to it yourself: ${line}`, cause },
  );
}
