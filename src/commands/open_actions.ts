import { type CommandContext, ExitCode, VERSION } from "../cli/mod.ts";
import { plainText } from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { browse } from "./browse.ts";
import { copyToClipboard } from "./clipboard.ts";
import { askEditor } from "./editor_target.ts";
import { manageExtensions } from "./extensions.ts";

/** What VS Code's command line does besides opening, in its order of precedence; extensions come last. */
export async function runAction(context: CommandContext): Promise<number> {
  const { args, output } = context;
  if (args.flag("version")) return printVersion(context);
  if (args.flag("dry-run")) {
    throw new SessionctlError("USAGE", "--dry-run is for opening files; nothing was sent", {
      hint: "leave it out, or what asks for something else than opening",
    });
  }
  if (args.flag("openExternal")) return await browse(context, args.operands);
  if (args.flag("stdin-to-clipboard")) return await copyToClipboard(context);
  if (args.flag("status")) {
    const { target, answer } = await askEditor(context, { type: "status" });
    if (output.json) output.value({ socketPath: target.socketPath, status: answer });
    else output.line(plainText(typeof answer === "string" ? answer : JSON.stringify(answer)));
    return ExitCode.Done;
  }
  return await manageExtensions(context, {
    list: args.flag("list-extensions")
      ? { showVersions: args.flag("show-versions"), category: args.value("category") }
      : undefined,
    install: args.list("install-extension"),
    uninstall: args.list("uninstall-extension"),
    force: args.flag("force"),
  });
}

/** Three lines, as VS Code prints them, for scripts that take the first. */
function printVersion({ output }: CommandContext): number {
  if (output.json) output.value({ version: VERSION, deno: Deno.version.deno });
  else output.line([VERSION, "sessionctl", Deno.build.arch].join("\n"));
  return ExitCode.Done;
}
