import { resolve } from "@std/path/posix";
import { type Command, type CommandContext, ExitCode } from "../cli/mod.ts";
import { printablePath, SessionctlError, system } from "../platform/mod.ts";
import {
  HOOK_SHELLS,
  type HookOptions,
  type HookShell,
  hookText,
  installedLinks,
  type InstalledProgram,
  installedProgram,
  installHook,
  type InstallResult,
  type LinkChange,
  LINKS,
  makeLinks,
  quote,
  removeLinks,
  uninstallHook,
} from "../shell/mod.ts";

/** `sessionctl init`: the hook for a shell's dotfile. */
export const command: Command = {
  spec: {
    name: "init",
    group: "setup",
    summary: "Print or install the hook that registers windows from their terminals",
    operands: [{ name: "SHELL", kind: HOOK_SHELLS }],
    options: [
      {
        name: "install",
        type: "flag",
        summary: "Write the hook to a file, and one line that sources it to the dotfile",
      },
      { name: "uninstall", type: "flag", summary: "Take the line, the file and the links away" },
      {
        name: "rc",
        type: "value",
        valueName: "FILE",
        kind: "file",
        summary: "The dotfile, where it is not the shell's usual one",
      },
      { name: "start", type: "flag", summary: "Start the registry, too, if none runs" },
      { name: "code", type: "flag", summary: "With a function code that is sessionctl open" },
      {
        name: "link",
        type: "value",
        valueName: "DIR",
        kind: "directory",
        summary: "Also link code to sessionctl there, for scripts to find",
      },
      {
        name: "editor",
        type: "flag",
        summary: "Set EDITOR, VISUAL and GIT_EDITOR to sessionctl open --wait",
      },
      { name: "browser", type: "flag", summary: "Set BROWSER to sessionctl browse" },
    ],
    examples: [
      {
        command: "sessionctl init bash --install --start --code --editor --browser",
        does: "all of it, in every new bash; once more with other options changes it",
      },
      {
        command: "sessionctl init zsh --uninstall",
        does: "takes hook and line away, with --link DIR the links, too",
      },
      { command: "sessionctl init fish | source", does: "in this shell, for now" },
      {
        command: "sessionctl init bash --install --link ~/.local/bin --editor",
        does: "single programs, where EDITOR and BROWSER may not have arguments",
      },
    ],
    details: [
      "In an integrated terminal of a window the hook registers that window, with the folder the " +
      "terminal starts in, in the background. Elsewhere, inside tmux and screen too, it does nothing.",
      "--link makes code, sessionctl-edit (open --wait) and sessionctl-browse (browse); with it " +
      "EDITOR and BROWSER are set to these.",
    ],
  },
  run: init,
};

function init(context: CommandContext): Promise<number> {
  const { args, output } = context;
  if (system.os === "windows") {
    throw new SessionctlError("NOT_SUPPORTED", "the hooks are for shells on Linux and macOS", {
      hint: "run sessionctl where the editor's server runs: in WSL, a container or over ssh",
    });
  }
  const shell = args.operands[0] as HookShell;
  if (args.flag("install") && args.flag("uninstall")) {
    throw new SessionctlError("USAGE", "--install and --uninstall exclude each other");
  }
  const installing = args.flag("install") || args.flag("uninstall");
  if (args.value("rc") !== undefined && !installing) {
    throw new SessionctlError("USAGE", "--rc needs --install or --uninstall");
  }
  const program = installedProgram();
  const links = linksOf(context, program);
  const options = hookOptions(context, program);
  if (!installing) {
    if (output.json) output.value({ shell, hook: hookText(shell, options), links });
    else {
      for (const link of links) tellLink(context, link);
      output.line(hookText(shell, options).trimEnd());
    }
    return Promise.resolve(ExitCode.Done);
  }
  const rc = args.value("rc");
  const rcFile = rc === undefined ? undefined : resolve(rc);
  const before = options.links === undefined ? installedLinks(shell) : undefined;
  const result = args.flag("install")
    ? installHook(shell, options, rcFile)
    : uninstallHook(shell, rcFile);
  if (output.json) output.value({ shell, ...result, links });
  else {
    tell(context, result, links);
    if (before !== undefined) {
      output.note(
        `the links in ${printablePath(before)} are left; take them away with: ` +
          `sessionctl init ${shell} --uninstall --link ${quote("posix", before)}`,
      );
    }
  }
  return Promise.resolve(ExitCode.Done);
}

function linksOf({ args }: CommandContext, { path }: InstalledProgram): LinkChange[] {
  const directory = args.value("link");
  if (directory === undefined) return [];
  const change = args.flag("uninstall") ? removeLinks : makeLinks;
  return change(resolve(directory), path);
}

/**
 * `EDITOR` is run by a shell (git), split at spaces (visudo) or taken for a program (some);
 * `BROWSER` is split at colons, and a `%s` in it may be replaced by the URL: a link without
 * arguments suits all of them. Sources: git-var(1); xdg-open's `open_envvar`; Python `webbrowser`.
 */
function hookOptions({ args }: CommandContext, { path, onPath }: InstalledProgram): HookOptions {
  const directory = args.value("link");
  const name = onPath ? "sessionctl" : quote("posix", path);
  const link = (of: keyof typeof LINKS) =>
    directory === undefined ? undefined : quote("posix", `${resolve(directory)}/${LINKS[of]}`);
  return {
    program: path,
    start: args.flag("start"),
    code: args.flag("code"),
    editor: args.flag("editor") ? link("editor") ?? `${name} open --wait` : undefined,
    browser: args.flag("browser") ? link("browser") ?? `${name} browse %s` : undefined,
    links: directory === undefined ? undefined : resolve(directory),
  };
}

function tell(
  context: CommandContext,
  { hookFile, hookChange, rcFile, rcChange }: InstallResult,
  links: readonly LinkChange[],
): void {
  const { output, args } = context;
  const [hook, rc] = [printablePath(hookFile), printablePath(rcFile)];
  output.note(
    {
      written: `wrote the hook: ${hook}`,
      removed: `removed the hook: ${hook}`,
      unchanged: args.flag("install")
        ? `the hook is written already: ${hook}`
        : `no hook at ${hook}`,
    }[hookChange],
  );
  output.note(
    {
      added: `added the line that sources it to ${rc}`,
      updated: `changed the line that sources it in ${rc}`,
      removed: `removed the line that sourced it from ${rc}`,
      unchanged: args.flag("install") ? `${rc} sources it already` : `${rc} has no line of ours`,
    }[rcChange],
  );
  for (const link of links) tellLink(context, link);
  if (args.flag("install") && (hookChange === "written" || rcChange === "added")) {
    output.note("it is in force in every new shell");
  }
}

function tellLink({ output, args }: CommandContext, { path, change }: LinkChange): void {
  const shown = printablePath(path);
  if (change === "made") output.note(`linked ${shown}`);
  else if (change === "updated") output.note(`changed the link ${shown}`);
  else if (change === "removed") output.note(`removed the link ${shown}`);
  else if (change === "kept") output.note(`kept ${shown}: it is not ours`);
  else if (args.flag("install")) output.note(`${shown} is linked already`);
}
