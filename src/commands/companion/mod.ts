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
      command: "sessionctl companion install --to cursor",
      does: "install it in a desktop editor, with its own command",
    },
  ],
  details: [
    "sessionctl contains the extension. All windows of an editor server share it. A first " +
    "installation takes effect in open windows at once, an update when a window is " +
    "reloaded.",
    "install and uninstall print one line for each window, which begins with installed, updated, " +
    "uninstalled, unchanged or failed. Their exit code is 1 if a window failed, or none was found.",
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
  const program = args.program ?? (args.to && await desktopProgram(args.to));
  if (program) return await useProgram(context, action, program);
  const code = await changeWindows(context, action);
  if (args.all) await tellOfDesktops(context, action);
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

/**
 * The program of the running desktop editor with that name or main socket. Extensions of desktop
 * editors are installed by their programs: main sockets have no message for this.
 *
 * @returns undefined if `--to` names no desktop editor, or one whose product is unknown.
 */
async function desktopProgram(name: string): Promise<string | undefined> {
  const sockets = mainSocketPaths();
  if (sockets.length === 0) return undefined;
  const { productNamed, productsOf } = await import("../../desktop/mod.ts");
  if (sockets.includes(name)) return (await productsOf([name]))[0]?.command;
  const product = productNamed(name);
  return (await productsOf(sockets)).find(({ id }) => id === product?.id)?.command;
}

async function tellOfDesktops(
  { output }: CompanionContext,
  action: "install" | "uninstall",
): Promise<void> {
  const sockets = mainSocketPaths();
  if (sockets.length === 0) return;
  const { productsOf } = await import("../../desktop/mod.ts");
  const names = (await productsOf(sockets)).map(({ id }) => `--to ${id}`);
  const choices = names.length === 0 ? "--program PROGRAM" : names.join(" or ");
  output.note(`desktop editors are left out; for one: sessionctl companion ${action} ${choices}`);
}
