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

/** By this, at its end, the line of ours is known again. */
const MARK = "# sessionctl init";
/** bash's start-up files of login shells, relative to the home directory: the first that is there. */
export const LOGIN_FILES = [".bash_profile", ".bash_login", ".profile"] as const;
/** As many links one behind the other as Linux follows. */
const MAX_LINKS = 40;

/**
 * The start-up file of interactive shells.
 *
 * zsh's is the one in `USER_ZDOTDIR` inside an integrated terminal, where VS Code's shell
 * integration borrows `ZDOTDIR`. On macOS terminals start login shells, for which bash reads
 * the first of three other files that is there. Sources: bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN FILES, fish "Configuration".
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` when there is no home directory.
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
      // A new .bash_profile would hide what the others have.
      return LOGIN_FILES.map((name) => `${home}/${name}`)
        .find((file) => context.readTextFile(file) !== undefined) ?? `${home}/${LOGIN_FILES[0]}`;
    case "zsh":
      return `${absolute("USER_ZDOTDIR") ?? absolute("ZDOTDIR") ?? home}/.zshrc`;
    case "fish":
      return `${configDirectory(context)}/fish/config.fish`;
  }
}

/**
 * The one line that sources the hook, if it is there. A hook below the home directory is
 * named by `HOME`, so that dotfiles can be carried to another machine.
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

/** What became of a start-up file. */
export type RcChange = "added" | "updated" | "removed" | "unchanged";

/**
 * Makes `line` the one line of ours in `file`, where it stands already, else at the end.
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

/** Takes every line of ours out of `file`. */
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
    // What is not UTF-8 would not survive being written again.
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : messageOf(error);
    throw failure("read", file, reason, error, line);
  }
}

/** Replaces the file behind any links at once, so that no crash leaves half of it; links stay. */
function write(file: string, text: string, line?: string): void {
  const real = behindLinks(file);
  try {
    // By its own name: another user's link on the way counts.
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

/** A link may lead to a file that is yet to be made, such as dotfiles not checked out. */
function behindLinks(file: string): string {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      path = resolve(realPathOf(dirname(path)), Deno.readLinkSync(path));
    } catch {
      break; // It is no link.
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
