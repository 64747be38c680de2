import { ExitCode, VERSION } from "../../cli/mod.ts";
import { plainText } from "../../editor/mod.ts";
import { SessionctlError } from "../../errors.ts";
import { browse } from "../browse.ts";
import { copyToClipboard } from "../clipboard.ts";
import { askEditor } from "../shared/editor_target.ts";
import { manageExtensions } from "../extensions.ts";
import type { OpenContext } from "./spec.ts";

/** Runs the actions of VS Code's command line other than opening, in its order of precedence. */
export async function runAction(context: OpenContext): Promise<number> {
  const { args, output } = context;
  if (args.version) return printVersion(context);
  if (args.dryRun) {
    throw new SessionctlError("USAGE", "--dry-run works only for opening files; nothing was sent", {
      hint: "remove it, or the option that asks for something else",
    });
  }
  if (args.openExternal) return await browse(context, context.operands);
  if (args.stdinToClipboard) return await copyToClipboard(context);
  if (args.status) {
    const { target, answer } = await askEditor(context, { type: "status" });
    if (output.json) output.value({ socketPath: target.socketPath, status: answer });
    else output.line(plainText(typeof answer === "string" ? answer : JSON.stringify(answer)));
    return ExitCode.Done;
  }
  return await manageExtensions(context, {
    list: args.listExtensions
      ? { showVersions: args.showVersions, category: args.category }
      : undefined,
    install: args.installExtension,
    uninstall: args.uninstallExtension,
    force: args.force,
  });
}

/** Prints three lines like VS Code, for scripts that read the first. */
function printVersion({ output }: OpenContext): number {
  if (output.json) output.value({ version: VERSION, deno: Deno.version.deno });
  else output.line([VERSION, "sessionctl", Deno.build.arch].join("\n"));
  return ExitCode.Done;
}
