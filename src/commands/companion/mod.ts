import { defineCommand, ExitCode, usage, VERSION } from "../../cli/mod.ts";
import { mainSocketPaths } from "../../platform/mod.ts";
import { changeWindows } from "./change.ts";
import { type CompanionContext, options } from "./options.ts";
import { showStatus } from "./status.ts";

const ACTIONS = ["install", "uninstall", "status"] as const;

/** `sessionctl companion`: manages the extension that reports which window has the focus. */
export const command = defineCommand({
  name: "companion",
  group: "setup",
  summary: "Install the extension that reports which window is in focus",
  operands: [{ name: "install|uninstall|status", kind: ACTIONS }],
  options,
  examples: [
    {
      command: "sessionctl companion install --all",
      does: "install the extension in every open window",
    },
    { command: "sessionctl companion install", does: "install it in the window of this folder" },
    { command: "sessionctl companion status", does: "show which windows have it" },
    {
      command: "sessionctl companion install --program code",
      does: "install it in a desktop editor",
    },
  ],
  details: [
    "sessionctl contains the extension. All windows of an editor server share it. A first " +
    "installation takes effect in open windows at once, an update when a window is " +
    "reloaded.",
    "Each line begins with installed, updated, uninstalled, unchanged or failed. The exit code is " +
    "1 if a window failed, or none was found.",
  ],
  run: companion,
});

async function companion(context: CompanionContext): Promise<number> {
  const { args, operands } = context;
  const action = operands[0] as typeof ACTIONS[number];
  const given = (["all", "program"] as const).find((name) => args[name]);
  if (action === "status") {
    if (given !== undefined) throw usage(`--${given} needs install or uninstall`);
    return await showStatus(context);
  }
  if (args.program !== undefined) return await useProgram(context, action, args.program);
  const code = await changeWindows(context, action);
  if (args.all) tellOfDesktops(context, action);
  return code;
}

async function useProgram(
  { output }: CompanionContext,
  action: "install" | "uninstall",
  program: string,
): Promise<number> {
  const { installWithProgram, withPackageFile } = await import("../../companion/mod.ts");
  const said = action === "install"
    ? await withPackageFile((file) => installWithProgram(program, file))
    : await installWithProgram(program, undefined);
  if (output.json) output.value({ program, version: VERSION, action, output: said.split("\n") });
  else output.note(`${action === "install" ? "installed" : "uninstalled"} with ${program}`);
  return ExitCode.Done;
}

/** Command-line sockets belong to editor servers; desktop editors have none. */
function tellOfDesktops({ output }: CompanionContext, action: "install" | "uninstall"): void {
  if (mainSocketPaths().length === 0) return;
  output.note(
    `desktop editors are left out; name one by its program: sessionctl companion ${action} --program code`,
  );
}
