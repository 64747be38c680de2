import { basename } from "@std/path";
import { system, type SystemContext } from "../platform/mod.ts";
import type { Syntax } from "./quote.ts";

/** Shells with a hook and completions. */
export const HOOK_SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type HookShell = (typeof HOOK_SHELLS)[number];

/** The shells that have a hook on this system. */
export function hookShells(context: SystemContext = system): readonly HookShell[] {
  return context.os === "windows" ? ["powershell"] : HOOK_SHELLS;
}

/** The shells that `env` supports, with the quoting rules of each. */
export const SYNTAX: Readonly<Record<string, Syntax>> = {
  bash: "posix",
  zsh: "posix",
  fish: "fish",
  sh: "posix",
  dash: "posix",
  ksh: "posix",
  csh: "csh",
  tcsh: "csh",
  pwsh: "powershell",
  powershell: "powershell",
  tmux: "tmux",
};

/** Other names of programs with the same syntax. */
const SAME: Readonly<Record<string, string>> = {
  ash: "sh",
  busybox: "sh",
  mksh: "ksh",
  ksh93: "ksh",
  pwsh: "powershell",
  "bsd-csh": "csh",
};

function known(program: string): string | undefined {
  // A login shell is called "-bash".
  const name = basename(program).replace(/^-/, "").replace(/\.exe$/, "");
  const shell = SAME[name] ?? name;
  return shell !== "tmux" && Object.hasOwn(SYNTAX, shell) ? shell : undefined;
}

/**
 * The shell that reads our output: the parent process, if the system reports it (`eval
 * "$(sessionctl env)"` in a script is not for the login shell), or else `SHELL`.
 *
 * @param parent The program of the parent process; by default, looked up on Linux.
 */
export function currentShell(
  context: SystemContext = system,
  parent: string | undefined = parentProgram(context),
): string {
  return known(parent ?? "") ?? known(context.env("SHELL") ?? "") ??
    (context.os === "windows" ? "powershell" : "sh");
}

function parentProgram(context: SystemContext): string | undefined {
  if (context.os !== "linux") return undefined;
  try {
    return Deno.readLinkSync(`/proc/${Deno.ppid}/exe`);
  } catch {
    return undefined; // Another user's process, or one that has ended.
  }
}
