import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
} from "../cli/mod.ts";
import { SessionctlError } from "../errors.ts";
import { printablePath, realPathOf, system, type SystemContext } from "../platform/mod.ts";
import {
  type EditorDestination,
  routeOptionsFor,
  Router,
  type RouterOptions,
} from "../routing/mod.ts";
import { currentShell, setVariable, SYNTAX, unsetVariable } from "../shell/mod.ts";
import { pathOperand } from "./shared/arguments.ts";
import { currentFolder, routerOptions, targetOptions } from "./shared/editor_target.ts";

const VARIABLE = "VSCODE_IPC_HOOK_CLI";

const options = {
  shell: option.choice(Object.keys(SYNTAX), {
    valueName: "SHELL",
    summary: "Print the command for this shell",
    unlessGiven: "the shell that runs sessionctl",
  }),
  tmux: option.flag({
    summary: "Print a tmux command, as --shell tmux does",
    conflicts: ["shell"],
  }),
  ...targetOptions,
  strict: option.flag({ summary: "Use only a window that holds the path, no other as a fallback" }),
};

type EnvContext = CommandContext<Arguments<typeof options>>;

/** `sessionctl env`: prints the command that sets the variable for other tools. */
export const command = defineCommand({
  name: "env",
  group: "open",
  summary: "Print the shell command that sets VSCODE_IPC_HOOK_CLI",
  operands: [{ name: "PATH", kind: "workspace", arity: "optional" }],
  options,
  examples: [
    {
      command: 'eval "$(sessionctl env)"',
      does: "bash, zsh: use the window of the current folder",
    },
    { command: "sessionctl env ~/api | source", does: "fish: use the window that has ~/api open" },
    {
      command: "sessionctl env --tmux | tmux source-file -",
      does: "tmux: use it in new tmux windows of this session",
    },
  ],
  details: [
    "PATH defaults to the current folder. If you give PATH, a window that holds it takes " +
    "precedence over the one that the variable names now.",
    "If no window is live, env prints the command that unsets the variable, and the exit " +
    "code is 1.",
  ],
  run: printVariable,
});

async function printVariable(context: EnvContext): Promise<number> {
  const { args, operands, output } = context;
  const shell = args.tmux ? "tmux" : args.shell ?? currentShell();
  const syntax = SYNTAX[shell]!;
  const [path] = operands;
  const real = realPathOf(path === undefined ? currentFolder() : pathOperand(path, "PATH"));
  try {
    const target = await findWindow(context, real, path !== undefined);
    const { socketPath, step, folder } = target;
    if (output.json) {
      output.value({ variable: VARIABLE, value: socketPath, socketPath, step, folder, shell });
    } else output.line(setVariable(syntax, VARIABLE, socketPath));
    return ExitCode.Done;
  } catch (error) {
    if (!(error instanceof SessionctlError) || error.code !== "NO_TARGET") throw error;
    // The command unsets the variable, because it leads to no live window.
    if (output.json) output.value({ variable: VARIABLE, value: null, shell });
    else output.line(unsetVariable(syntax, VARIABLE));
    output.note(await whyNone(real));
    return ExitCode.Failed;
  }
}

async function whyNone(path: string): Promise<string> {
  const { desktopHolder } = await import("./shared/desktop_windows.ts");
  const holder = await desktopHolder(path);
  const reason = holder === undefined
    ? "no live editor window"
    : `${printablePath(path)} is in a desktop window of ${printablePath(holder.editorName)}, ` +
      "which has no editor socket";
  return `${reason}; ${VARIABLE} should be unset (--verbose says why)`;
}

/** Finds a window with an editor socket; one that holds a named path takes precedence. */
async function findWindow(
  context: EnvContext,
  path: string,
  named: boolean,
): Promise<EditorDestination> {
  const { strict } = context.args;
  const options: RouterOptions = { ...routerOptions(context), editorsOnly: true };
  const here = realPathOf(currentFolder());
  const part = routeOptionsFor(path, here, system.env("GIT_PREFIX"));
  // One of git's own files belongs to the current folder, whichever window holds it.
  if (named && options.to === undefined && !part.currentFolderFirst) {
    const unset: SystemContext = { ...system, uid: system.uid, env: envWithoutHook };
    try {
      return await new Router({ ...options, strict: true, context: unset }).routeToEditor([path]);
    } catch (error) {
      if (!(error instanceof SessionctlError) || error.code !== "NO_TARGET") throw error;
    }
  }
  return await new Router({ ...options, strict }).routeToEditor([path], part);
}

function envWithoutHook(name: string): string | undefined {
  return name === VARIABLE ? undefined : system.env(name);
}
