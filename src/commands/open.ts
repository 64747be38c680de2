import type { Command, CommandContext } from "../cli/mod.ts";
import { readRequest } from "./open_items.ts";
import { OpenRun } from "./open_run.ts";
import { openSpec } from "./open_spec.ts";

/** `sessionctl open`: files and folders in the right live window. */
export const command: Command = {
  spec: openSpec,
  async run(context) {
    for (const name of context.args.ignored) {
      context.output.note(`ignoring --${name}: sessionctl does not carry this option of VS Code`);
    }
    if (isAction(context)) {
      const { runAction } = await import("./open_actions.ts");
      return await runAction(context);
    }
    return await new OpenRun(context, readRequest(context)).run();
  },
};

/** Whether VS Code's options ask for something other than opening. */
function isAction({ args }: CommandContext): boolean {
  return ["version", "status", "list-extensions", "openExternal", "stdin-to-clipboard"]
    .some((name) => args.flag(name)) ||
    ["install-extension", "uninstall-extension"].some((name) => args.list(name).length > 0) ||
    (args.ignored.length > 0 && args.operands.length === 0);
}
