import { basename } from "@std/path";
import { system, type SystemContext } from "../platform/mod.ts";
import type { Syntax } from "./quote.ts";

/** Shells there is a hook and completions for. */
export const HOOK_SHELLS = ["bash", "zsh", "fish"] as const;
export type HookShell = (typeof HOOK_SHELLS)[number];

/** What `env` writes for, and how each of them wants it. */
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
  tmux: "tmux",
};

/** Other names of programs that read the same. */
const SAME: Readonly<Record<string, string>> = {
  ash: "sh",
  busybox: "sh",
  mksh: "ksh",
  ksh93: "ksh",
  powershell: "pwsh",
  "bsd-csh": "csh",
};

function known(program: string): string | undefined {
  // A login shell is called "-bash".
  const name = basename(program).replace(/^-/, "").replace(/\.exe$/, "");
  const shell = SAME[name] ?? name;
  return shell !== "tmux" && Object.hasOwn(SYNTAX, shell) ? shell : undefined;
}

/**
 * The shell that reads what we print: the one that started us, where the system tells
 * (`eval "$(sessionctl env)"` in a script is not for the login shell); else `SHELL`.
 *
 * @param parent The program of the parent process; looked up on Linux unless given.
 */
export function currentShell(
  context: SystemContext = system,
  parent: string | undefined = parentProgram(context),
): string {
  return known(parent ?? "") ?? known(context.env("SHELL") ?? "") ??
    (context.os === "windows" ? "pwsh" : "sh");
}

function parentProgram(context: SystemContext): string | undefined {
  if (context.os !== "linux") return undefined;
  try {
    return Deno.readLinkSync(`/proc/${Deno.ppid}/exe`);
  } catch {
    return undefined; // Another user's, or gone.
  }
}
