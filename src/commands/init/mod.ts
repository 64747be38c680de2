import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../../cli/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { system } from "../../platform/mod.ts";
import {
  HOOK_SHELLS,
  type HookOptions,
  type HookShell,
  hookShells,
  hookText,
  installedLinks,
  type InstalledProgram,
  installedProgram,
  installHook,
  type LinkChange,
  LINKS,
  makeLinks,
  namedInEditor,
  parseSshHost,
  quote,
  removeLinks,
  uninstallHook,
} from "../../shell/mod.ts";
import { tellChanges, tellLink } from "./report.ts";

const options = {
  install: option.flag({
    summary: "Write the hook to a file, and a line that sources it to the dotfile",
    oneCall: true,
    conflicts: ["uninstall"],
  }),
  uninstall: option.flag({
    summary: "Remove the hook, its line and the links; without SHELL, for all shells",
    oneCall: true,
  }),
  rc: option.file({
    summary: "Use this dotfile instead of the shell's usual one",
    requires: [["install", "uninstall"], "SHELL"],
  }),
  start: option.flag({ summary: "Also start the registry if none is running" }),
  code: option.flag({ summary: "Define a function code that runs sessionctl open" }),
  link: option.folder({
    summary: "Also create links to sessionctl in this folder, such as code",
    requires: ["SHELL"],
  }),
  editor: option.flag({ summary: "Set EDITOR, VISUAL and GIT_EDITOR to sessionctl open --wait" }),
  browser: option.flag({ summary: "Set BROWSER to sessionctl browse" }),
  ssh: option.list(option.value(parseSshHost, {
    valueName: "HOST[=AUTHORITY]",
    summary: "Without SHELL: give plain ssh HOST a link, like sessionctl ssh HOST",
    conflicts: ["SHELL", "install"],
    oneCall: true,
  })),
};

type InitArguments = Arguments<typeof options>;

/** `sessionctl init`: prints or installs the hook for a shell's dotfile. */
export const command = defineCommand({
  name: "init",
  group: "setup",
  summary: "Print or install the shell hook that registers windows",
  operands: [
    {
      name: "SHELL",
      kind: HOOK_SHELLS,
      arity: "optional",
      requiredWithout: ["uninstall", "ssh"],
    },
  ],
  options,
  examples: [
    {
      command: "sessionctl init bash --install --start --code --editor --browser",
      does: "install everything for bash; run it again to change the options",
    },
    {
      command: "sessionctl init zsh --uninstall",
      does: "remove the hook and its line; with --link DIR, also the links",
    },
    {
      command: "sessionctl init --uninstall",
      does: "undo everything, for all shells, with completions and man page",
    },
    { command: "sessionctl init --ssh hostb", does: "give plain ssh hostb a link" },
    { command: "sessionctl init fish | source", does: "use the hook only in this shell" },
    {
      command: "sessionctl init powershell --install --code --rc $PROFILE",
      does: "install the hook for PowerShell, on Windows too",
    },
    {
      command: "sessionctl init bash --install --link ~/.local/bin --editor",
      does: "create links, for tools that accept no arguments in EDITOR",
    },
  ],
  details: [
    "In an integrated terminal, the hook registers the terminal's window in the " +
    "background, with the folder in which the terminal starts. Elsewhere, including tmux " +
    "and screen, it does nothing.",
    "--ssh writes to ~/.ssh/config, for each HOST. A session of plain ssh HOST then has a link " +
    "(sessionctl ssh --help); scp, sftp, rsync, git and commands without a terminal connect as " +
    "before. AUTHORITY is the editor's name for HOST. --uninstall --ssh HOST removes it again.",
    "--link creates the links code, sessionctl-edit (open --wait) and sessionctl-browse " +
    "(browse). With --link, --editor and --browser set the variables to the last two.",
  ],
  run: init,
});

async function init(context: CommandContext<InitArguments>): Promise<number> {
  const { args, operands, output } = context;
  const shell = operands[0] as HookShell | undefined;
  if (system.os === "windows") checkWindows(shell, args);
  if (args.ssh.length > 0) {
    const { changeSshHosts } = await import("./ssh_hosts.ts");
    return await changeSshHosts(context);
  }
  if (shell === undefined) {
    const { uninstallAll } = await import("./uninstall.ts");
    return uninstallAll(context);
  }
  const program = installedProgram();
  const links = changeLinks(args, program);
  const hook = hookOptions(shell, args, program);
  if (!args.install && !args.uninstall) {
    if (output.json) output.value({ shell, hook: hookText(shell, hook), links });
    else {
      for (const link of links) tellLink(context, link);
      output.line(hookText(shell, hook).trimEnd());
    }
    return ExitCode.Done;
  }
  const before = hook.links === undefined ? installedLinks(shell) : undefined;
  const result = args.install ? installHook(shell, hook, args.rc) : uninstallHook(shell, args.rc);
  if (output.json) output.value({ shell, ...result, links });
  else tellChanges(context, shell, { result, links, linksBefore: before });
  if (args.install && args.start) {
    // The hook starts it in the next terminal; until then, `list` would fail.
    const { startForClient } = await import("../shared/start_for_client.ts");
    await startForClient(context, false);
  }
  return ExitCode.Done;
}

/** Refuses what Windows lacks: it has only one of the shells, and only administrators make links. */
function checkWindows(shell: HookShell | undefined, { link, ssh }: InitArguments): void {
  if (ssh.length > 0) {
    throw new SessionctlError("NOT_SUPPORTED", "--ssh is not available on Windows");
  }
  if (shell !== undefined && !hookShells().includes(shell)) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `the hook for ${shell} is not available on Windows`,
      {
        hint: "the one for PowerShell is: sessionctl init powershell",
      },
    );
  }
  if (link !== undefined) {
    throw new SessionctlError("NOT_SUPPORTED", "--link is not available on Windows", {
      hint: "use --code, which defines a function",
    });
  }
}

function changeLinks({ link, uninstall }: InitArguments, { path }: InstalledProgram): LinkChange[] {
  if (link === undefined) return [];
  return uninstall ? removeLinks(link, path) : makeLinks(link, path);
}

/**
 * Links suit all programs that run `EDITOR` or `BROWSER`. A shell runs `EDITOR` (git), or the
 * program splits it at spaces (visudo) or takes it for a program's name. Programs split `BROWSER`
 * at colons, and may replace a `%s` in it with the URL. Sources: git-var(1); xdg-open's
 * `open_envvar`; Python `webbrowser`.
 */
function hookOptions(
  shell: HookShell,
  args: InitArguments,
  { path }: InstalledProgram,
): HookOptions {
  const links = args.link;
  // git's shell removes backslashes; Windows accepts both kinds of slashes.
  const named = system.os === "windows" ? path.replaceAll("\\", "/") : path;
  const editor = links === undefined
    ? `${namedInEditor(shell, named)} open --wait`
    : namedInEditor(shell, `${links}/${LINKS.editor}`);
  const browser = links === undefined
    ? `${quote("posix", named)} browse %s`
    : quote("posix", `${links}/${LINKS.browser}`);
  return {
    program: path,
    start: args.start,
    code: args.code,
    editor: args.editor ? editor : undefined,
    browser: args.browser ? browser : undefined,
    links,
  };
}
