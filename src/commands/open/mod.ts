import { defineCommand } from "../../cli/mod.ts";
import { openItems } from "./run.ts";
import { type OpenContext, openDefinition } from "./spec.ts";
import { asksForAnother, isSubcommand } from "./vscode_options.ts";

/** `sessionctl open`: opens files and folders in the right live window. */
export const command = defineCommand({
  ...openDefinition,
  async run(context) {
    const { given, output } = context;
    const task = editorsOwnTask(context);
    if (task !== undefined) {
      const { handOver } = await import("./editors_own_cli.ts");
      return await handOver(context, task);
    }
    for (const name of given.ignored) {
      output.note(`ignoring --${name}: an option of VS Code that sessionctl does not support`);
    }
    if (isAction(context)) {
      const { runAction } = await import("./actions.ts");
      return await runAction(context);
    }
    return await openItems(context);
  },
});

/** Whether VS Code's options ask for something other than opening. */
function isAction({ args }: OpenContext): boolean {
  return args.version || args.status || args.listExtensions || args.openExternal ||
    args.stdinToClipboard || args.installExtension.length > 0 ||
    args.uninstallExtension.length > 0;
}

/** The option or subcommand that only the editor's own command line can carry out. */
function editorsOwnTask({ given, operands, calledAs, words }: OpenContext): string | undefined {
  // For sessionctl, the word is a file's name; called as `code`, it means what it means to VS Code.
  if (calledAs !== undefined && isSubcommand(words)) return words[0];
  const option = operands.length === 0 ? given.ignored.find(asksForAnother) : undefined;
  return option && `--${option}`;
}
