import { homeDirectory, system, type SystemContext } from "../platform/mod.ts";
import { isPlain, quote } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/**
 * The value of `EDITOR` for a program, usable by a shell (git) and by programs that split it at
 * spaces (visudo): its absolute path, independent of `PATH`.
 *
 * For zsh, the value avoids the letters "vi" if possible, because a zsh that inherits them uses
 * vi's keys: if the home directory contains them (such as Kevin's), env(1) fills it in.
 *
 * @param path Absolute path of the program.
 */
export function namedInEditor(
  shell: HookShell,
  path: string,
  context: SystemContext = system,
): string {
  const home = homeDirectory(context);
  if (shell !== "zsh" || home === undefined || !path.startsWith(`${home}/`)) {
    return quote("posix", path);
  }
  const below = path.slice(home.length);
  const fillable = home.includes("vi") && !below.includes("vi") && isPlain(path) && envSplits();
  return fillable ? `/usr/bin/env -S \${HOME}${below}` : quote("posix", path);
}

/** Whether env(1) supports `-S`; GNU's and BSD's do, BusyBox's may not. */
function envSplits(): boolean {
  try {
    return new Deno.Command("/usr/bin/env", {
      args: ["-S", "true"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
