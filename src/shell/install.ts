import { join } from "@std/path";
import { reasonOf, SessionctlError } from "../errors.ts";
import {
  appDataDirectory,
  checkWritePlace,
  makeFolderOf,
  printablePath,
  replaceFile,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { type HookOptions, hookText, rememberedInHook } from "./hook.ts";
import { putLine, type RcChange, rcFile, removeLine, sourceLine } from "./rc_file.ts";
import type { HookShell } from "./shells.ts";

/** The changes of an installation or uninstallation. */
export interface InstallResult {
  readonly hookFile: string;
  readonly hookChange: "written" | "removed" | "unchanged";
  readonly rcFile: string;
  readonly rcChange: RcChange;
}

/**
 * The path of a shell's hook: `sessionctl/init.SHELL` under `$XDG_DATA_HOME`, by default
 * `~/.local/share`; for PowerShell `init.ps1`, on Windows under `%LOCALAPPDATA%`.
 *
 * @throws {SessionctlError} `STATE_UNAVAILABLE` if there is no home directory.
 */
export function hookFile(shell: HookShell, context: SystemContext = system): string {
  const directory = appDataDirectory(context);
  if (directory !== undefined) {
    return join(directory, `init.${shell === "powershell" ? "ps1" : shell}`);
  }
  throw new SessionctlError("STATE_UNAVAILABLE", "no home directory for the hook", {
    hint: "set HOME or XDG_DATA_HOME",
  });
}

/**
 * Writes the hook to its file, and one line that sources it to the start-up file. Repeating this
 * only changes what differs.
 *
 * @param rc The start-up file; by default the shell's own.
 * @throws {SessionctlError} `STATE_UNAVAILABLE`, `ACCESS_DENIED`, `IO_ERROR`.
 */
export function installHook(shell: HookShell, options: HookOptions, rc?: string): InstallResult {
  const file = hookFile(shell);
  // Windows PowerShell reads a file without the mark in the code page of the machine.
  const mark = shell === "powershell" ? "\ufeff" : "";
  const text = mark + hookText(shell, { ...options, rc });
  const target = rc ?? rcFile(shell);
  // Checked first, because half of the installation would be useless.
  for (const path of [file, target]) checkWritePlace(path);
  const unchanged = readOrNothing(file) === text;
  if (!unchanged) writeHook(file, text);
  return {
    hookFile: file,
    hookChange: unchanged ? "unchanged" : "written",
    rcFile: target,
    rcChange: putLine(target, sourceLine(shell, file)),
  };
}

/** Undoes {@link installHook}: first the line, so that no shell misses the file. */
export function uninstallHook(shell: HookShell, rc?: string): InstallResult {
  const file = hookFile(shell);
  const target = rc ?? rcFile(shell);
  const rcChange = removeLine(target);
  if (readOrNothing(file) !== undefined) checkWritePlace(file);
  try {
    Deno.removeSync(file);
    return { hookFile: file, hookChange: "removed", rcFile: target, rcChange };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw cannotWrite(file, error);
    return { hookFile: file, hookChange: "unchanged", rcFile: target, rcChange };
  }
}

/** The directory of the links of a shell's installed hook. */
export function installedLinks(shell: HookShell): string | undefined {
  return rememberedInHook(readOrNothing(hookFile(shell)) ?? "", "links");
}

function readOrNothing(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return undefined; // Writing it reports the problem.
  }
}

/** Writes atomically, so that a shell that starts meanwhile reads the old or the new hook. */
function writeHook(file: string, text: string): void {
  try {
    // The directory is shared with the instance sockets, which require it to be private.
    makeFolderOf(file, 0o700);
    replaceFile(file, text, { mode: 0o644 });
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): SessionctlError {
  return new SessionctlError(
    error instanceof Deno.errors.PermissionDenied ? "ACCESS_DENIED" : "IO_ERROR",
    `cannot write ${printablePath(file)}: ${reasonOf(error)}`,
    {
      hint: "write the hook yourself and source it from your dotfile: sessionctl init SHELL > FILE",
      cause: error,
    },
  );
}
