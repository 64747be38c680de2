import { resolve } from "@std/path/posix";
import {
  type Command,
  type CommandContext,
  ExitCode,
  type ParsedArguments,
  usage,
} from "../cli/mod.ts";
import { SessionctlError, system } from "../platform/mod.ts";
import {
  HOOK_SHELLS,
  type HookOptions,
  type HookShell,
  hookText,
  installedLinks,
  type InstalledProgram,
  installedProgram,
  installHook,
  type LinkChange,
  LINKS,
  makeLinks,
  namedInEditor,
  quote,
  removeLinks,
  uninstallHook,
} from "../shell/mod.ts";
import { tellChanges, tellLink } from "./init_report.ts";

/** `sessionctl init`: the hook for a shell's dotfile. */
export const command: Command = {
  spec: {
    name: "init",
    group: "setup",
    summary: "Print or install the hook that registers windows from their terminals",
    operands: [{ name: "SHELL", kind: HOOK_SHELLS, arity: "optional" }],
    options: [
      {
        name: "install",
        type: "flag",
        oneCall: true,
        summary: "Write the hook to a file, and one line that sources it to the dotfile",
      },
      {
        name: "uninstall",
        type: "flag",
        oneCall: true,
        summary: "Take the line, the file and the links away; without SHELL, for every shell",
      },
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
      {
        command: "sessionctl init --uninstall",
        does: "all that init did for any shell, completions and the man page, too",
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

async function init(context: CommandContext): Promise<number> {
  const { args, output } = context;
  if (system.os === "windows") {
    throw new SessionctlError("NOT_SUPPORTED", "the hooks are for shells on Linux and macOS", {
      hint: "run sessionctl where the editor's server runs: in WSL, a container or over ssh",
    });
  }
  checkActions(args);
  const shell = args.operands[0] as HookShell | undefined;
  if (shell === undefined) {
    const { uninstallAll } = await import("./init_uninstall.ts");
    return uninstallAll(context);
  }
  const program = installedProgram();
  const links = linksOf(context, program);
  const options = hookOptions(shell, context, program);
  if (!args.flag("install") && !args.flag("uninstall")) {
    if (output.json) output.value({ shell, hook: hookText(shell, options), links });
    else {
      for (const link of links) tellLink(context, link);
      output.line(hookText(shell, options).trimEnd());
    }
    return ExitCode.Done;
  }
  const rc = args.value("rc");
  const rcFile = rc === undefined ? undefined : resolve(rc);
  const before = options.links === undefined ? installedLinks(shell) : undefined;
  const result = args.flag("install")
    ? installHook(shell, options, rcFile)
    : uninstallHook(shell, rcFile);
  if (output.json) output.value({ shell, ...result, links });
  else tellChanges(context, shell, { result, links, linksBefore: before });
  if (args.flag("install") && args.flag("start")) await startNow(context);
  return ExitCode.Done;
}

function checkActions(args: ParsedArguments): void {
  if (args.operands.length === 0) {
    if (!args.flag("uninstall")) {
      throw usage("init needs SHELL", `one of ${HOOK_SHELLS.join(", ")}`);
    }
    if (args.value("rc") !== undefined || args.value("link") !== undefined) {
      throw usage("--rc and --link need SHELL");
    }
  }
  if (args.flag("install") && args.flag("uninstall")) {
    throw usage("--install and --uninstall exclude each other");
  }
  if (args.value("rc") !== undefined && !args.flag("install") && !args.flag("uninstall")) {
    throw usage("--rc needs --install or --uninstall");
  }
}

/** The hook starts the registry in the next terminal; until then, `list` would find none. */
async function startNow(context: CommandContext): Promise<void> {
  const { startForClient } = await import("./start_for_client.ts");
  try {
    await startForClient(context, true);
  } catch (error) {
    // The reason is told, and the hook tries again.
    if (!(error instanceof SessionctlError)) throw error;
  }
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
function hookOptions(
  shell: HookShell,
  { args }: CommandContext,
  { path }: InstalledProgram,
): HookOptions {
  const links = args.value("link") === undefined ? undefined : resolve(args.value("link")!);
  const editor = links === undefined
    ? `${namedInEditor(shell, path)} open --wait`
    : namedInEditor(shell, `${links}/${LINKS.editor}`);
  const browser = links === undefined
    ? `${quote("posix", path)} browse %s`
    : quote("posix", `${links}/${LINKS.browser}`);
  return {
    program: path,
    start: args.flag("start"),
    code: args.flag("code"),
    editor: args.flag("editor") ? editor : undefined,
    browser: args.flag("browser") ? browser : undefined,
    links,
  };
}
