import { homeDirectory, system, type SystemContext } from "../platform/mod.ts";
import { isPlain, quote } from "./quote.ts";
import type { HookShell } from "./shells.ts";

/**
 * How `EDITOR` names a program, so that a shell runs it (git) and so does whatever splits the
 * value at spaces (visudo): by its absolute path, whatever `PATH` is at that moment.
 *
 * For zsh the value avoids the letters "vi" where it can, because a zsh that inherits them uses
 * vi's keys: the home directory of a Kevin is left for env(1) to fill in.
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

/** Whether env(1) has `-S`, as GNU's and BSD's have and BusyBox's may not. */
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
