import { dirname } from "@std/path";
import type { Output } from "../../cli/mod.ts";
import { printablePath, system } from "../../platform/mod.ts";
import {
  currentShell,
  type HookShell,
  installedProgram,
  type InstallResult,
  type LinkChange,
  loginFileFix,
  quote,
  quoteAlways,
  rcFile,
  SYNTAX,
} from "../../shell/mod.ts";

/** The context of a report. */
export interface InitContext {
  readonly output: Output;
  readonly args: { readonly install: boolean; readonly rc: string | undefined };
}

/** The changes of `init --install` or `--uninstall`. */
export interface HookChanges {
  readonly result: InstallResult;
  readonly links: readonly LinkChange[];
  /** The folder of an earlier hook's links, if they are not among `links`. */
  readonly linksBefore: string | undefined;
}

/** Prints the changes and the user's next steps. */
export function tellChanges(context: InitContext, shell: HookShell, changes: HookChanges): void {
  const { output, args } = context;
  const { result, links, linksBefore } = changes;
  tellFiles(context, result);
  for (const link of links) tellLink(context, link);
  if (linksBefore !== undefined) {
    output.note(
      `the links in ${printablePath(linksBefore)} are left; remove them with: ` +
        `sessionctl init ${shell} --uninstall --link ${quote("posix", linksBefore)}`,
    );
  }
  if (args.install) {
    tellNextStep(context, shell, result);
    tellPath(context, shell);
  } else tellRunningShells(context, result);
}

/** The hook works without PATH, but the commands in the documentation do not. */
function tellPath({ output }: InitContext, shell: HookShell): void {
  const { path, onPath } = installedProgram();
  if (onPath) return;
  const directory = dirname(path);
  const [name, line] = pathLine(shell, directory);
  output.note(
    `the command sessionctl is not found on PATH; run this here, and add it to ${name}:\n  ${line}`,
  );
}

/** The file that sets `PATH`, and the line that adds a folder to it. */
function pathLine(shell: HookShell, directory: string): [name: string, line: string] {
  switch (shell) {
    case "fish":
      return ["your config.fish", `fish_add_path ${quote("fish", directory)}`];
    case "powershell": {
      const folder = quoteAlways("powershell", directory + (system.os === "windows" ? ";" : ":"));
      return ["your $PROFILE", `$env:PATH = ${folder} + $env:PATH`];
    }
    default:
      return [`your .${shell}rc`, `export PATH=${quote("posix", directory)}:"$PATH"`];
  }
}

/** Running shells have already sourced the hook. */
export function tellRunningShells({ output }: InitContext, { hookChange }: InstallResult): void {
  if (hookChange !== "removed") return;
  output.note("shells that are running keep what the hook set (EDITOR, code) until they end");
}

export function tellFiles(
  { output, args }: InitContext,
  { hookFile, hookChange, rcFile, rcChange }: InstallResult,
): void {
  const [hook, rc] = [printablePath(hookFile), printablePath(rcFile)];
  output.note(
    {
      written: `wrote the hook: ${hook}`,
      removed: `removed the hook: ${hook}`,
      unchanged: args.install ? `the hook is written already: ${hook}` : `no hook at ${hook}`,
    }[hookChange],
  );
  output.note(
    {
      added: `added the line that sources it to ${rc}`,
      updated: `changed the line that sources it in ${rc}`,
      removed: `removed the line that sourced it from ${rc}`,
      unchanged: args.install ? `${rc} sources it already` : `${rc} has no line of ours`,
    }[rcChange],
  );
}

/** Prints where the hook takes effect, and where it does not yet. */
function tellNextStep(
  { output, args }: InitContext,
  shell: HookShell,
  { hookFile, hookChange, rcChange }: InstallResult,
): void {
  const fix = args.rc === undefined ? loginFileFix(shell) : undefined;
  if (fix !== undefined) {
    output.note(
      `login shells (tmux, ssh) do not read ${printablePath(rcFile(shell))}; to fix this, run:\n` +
        `  ${fix}`,
    );
  }
  if (hookChange === "unchanged" && rcChange === "unchanged") return;
  const source = shell === "fish" ? "source" : ".";
  const here = currentShell() === shell
    ? `; in this one, run:\n  ${source} ${quote(SYNTAX[shell]!, hookFile)}`
    : "";
  output.note(`it takes effect in every new ${shell}${here}`);
}

export function tellLink({ output, args }: InitContext, { path, change }: LinkChange): void {
  const shown = printablePath(path);
  if (change === "made") output.note(`linked ${shown}`);
  else if (change === "updated") output.note(`changed the link ${shown}`);
  else if (change === "removed") output.note(`removed the link ${shown}`);
  else if (change === "kept") output.note(`kept ${shown}: it is not ours`);
  else if (args.install) output.note(`${shown} is linked already`);
}
