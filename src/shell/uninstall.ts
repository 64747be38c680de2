import { dirname } from "@std/path";
import { reasonOf, SessionctlError } from "../errors.ts";
import {
  checkWritePlace,
  configDirectory,
  homeDirectory,
  printablePath,
  system,
  type SystemContext,
} from "../platform/mod.ts";
import { rememberedInHook } from "./hook.ts";
import { hookFile, type InstallResult, uninstallHook } from "./install.ts";
import { type LinkChange, removeLinks } from "./links.ts";
import { LOGIN_FILES, rcFile } from "./rc_file.ts";
import { type HookShell, hookShells } from "./shells.ts";

/** The removed and remaining files. */
export interface Uninstalled {
  readonly hooks: readonly (InstallResult & { readonly shell: HookShell })[];
  readonly links: readonly LinkChange[];
  /** Completion scripts and the man page, at the paths in the documentation. */
  readonly files: readonly string[];
  /** The user's own lines in start-up files that name sessionctl, as `FILE:LINE: TEXT`. */
  readonly left: readonly string[];
}

/**
 * Undoes every `init --install` of this user: hooks, the lines that source them, the links that
 * they remember, and completion scripts and man pages written by sessionctl.
 *
 * @param program Absolute path of sessionctl.
 * @throws {SessionctlError} `STATE_UNAVAILABLE`, `ACCESS_DENIED`, `IO_ERROR`.
 */
export function uninstallEverything(
  program: string,
  context: SystemContext = system,
): Uninstalled {
  const hooks: (InstallResult & { shell: HookShell })[] = [];
  const links = new Map<string, LinkChange>();
  const rcs = new Set<string>();
  for (const shell of hookShells(context)) {
    const text = context.readTextFile(hookFile(shell, context)) ?? "";
    const directory = rememberedInHook(text, "links");
    const changes = directory === undefined ? [] : removeLinks(directory, program);
    for (const link of changes) links.set(link.path, link);
    // Where PowerShell's profile is on Windows only the hook knows.
    const usual = context.os === "windows" ? [] : [rcFile(shell, context)];
    const named = rememberedInHook(text, "rc");
    for (const rc of named === undefined ? usual : [named, ...usual]) {
      rcs.add(rc);
      const result = uninstallHook(shell, rc);
      if (result.hookChange !== "unchanged" || result.rcChange !== "unchanged") {
        hooks.push({ shell, ...result });
      }
    }
  }
  const changed = [...links.values()].filter(({ change }) => change !== "unchanged");
  const files = writtenFiles(context).filter((path) => removeOurs(path, context));
  return { hooks, links: changed, files, left: linesLeft(rcs, context) };
}

function writtenFiles(context: SystemContext): string[] {
  const data = dirname(dirname(hookFile("bash", context)));
  const config = configDirectory(context);
  if (context.os === "windows") return [];
  return [
    `${data}/bash-completion/completions/sessionctl`,
    `${homeDirectory(context) ?? ""}/.zfunc/_sessionctl`,
    `${config}/fish/completions/sessionctl.fish`,
    `${data}/man/man1/sessionctl.1`,
  ];
}

/** Removes a file that sessionctl wrote. @returns whether it existed. */
function removeOurs(path: string, context: SystemContext): boolean {
  const head = context.readTextFile(path)?.slice(0, 200) ?? "";
  if (!/made by: sessionctl (completions|man)/i.test(head)) return false;
  checkWritePlace(path);
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    throw new SessionctlError(
      "IO_ERROR",
      `cannot remove ${printablePath(path)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function linesLeft(rcs: ReadonlySet<string>, context: SystemContext): string[] {
  const home = homeDirectory(context);
  const login = context.os === "windows" ? [] : LOGIN_FILES;
  const files = new Set([...rcs, ...login.map((name) => `${home}/${name}`)]);
  return [...files].flatMap((file) =>
    (context.readTextFile(file) ?? "").split("\n").flatMap((line, at) =>
      /\bsessionctl\b/.test(line) && !/^\s*#/.test(line)
        ? [`${file}:${at + 1}: ${line.trim()}`]
        : []
    )
  );
}
