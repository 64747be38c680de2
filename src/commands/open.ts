import type { Command, CommandContext } from "../cli/mod.ts";
import { requireUnixSockets } from "./editor_target.ts";
import { readRequest } from "./open_items.ts";
import { OpenRun } from "./open_run.ts";
import { openSpec } from "./open_spec.ts";
import { asksForAnother, isSubcommand } from "./vscode_options.ts";

/** `sessionctl open`: files and folders in the right live window. */
export const command: Command = {
  spec: openSpec,
  async run(context) {
    const { args, output } = context;
    const task = editorsOwnTask(context);
    if (task !== undefined) {
      const { handOver } = await import("./editors_own_cli.ts");
      return await handOver(context, task);
    }
    for (const name of args.ignored) {
      output.note(`ignoring --${name}: sessionctl does not carry this option of VS Code`);
    }
    if (isAction(context)) {
      const { runAction } = await import("./open_actions.ts");
      return await runAction(context);
    }
    requireUnixSockets();
    const request = readRequest(context);
    return await new OpenRun(context, request, await pickedWindow(context)).run();
  },
};

/** With `--pick`: the editor socket of the window that the user chooses. */
async function pickedWindow(context: CommandContext): Promise<string | undefined> {
  if (!context.args.flag("pick")) return undefined;
  const { pickWindow } = await import("./pick_window.ts");
  return (await pickWindow(context)).socketPath;
}

/** Whether VS Code's options ask for something other than opening. */
function isAction({ args }: CommandContext): boolean {
  return ["version", "status", "list-extensions", "openExternal", "stdin-to-clipboard"]
    .some((name) => args.flag(name)) ||
    ["install-extension", "uninstall-extension"].some((name) => args.list(name).length > 0);
}

/** The option or subcommand that only the editor's own command line can carry out. */
function editorsOwnTask({ args, calledAs, words }: CommandContext): string | undefined {
  // To sessionctl it is a file's name; to whoever types `code`, what it is to VS Code.
  if (calledAs !== undefined && isSubcommand(words)) return words[0];
  const option = args.operands.length === 0 ? args.ignored.find(asksForAnother) : undefined;
  return option && `--${option}`;
}
