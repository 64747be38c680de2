import { findRemoteCli } from "../../discovery/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath, realPathOf, system } from "../../platform/mod.ts";
import { currentFolder, routerFor } from "../shared/editor_target.ts";
import type { OpenContext } from "./spec.ts";

const HOOK = "VSCODE_IPC_HOOK_CLI";

/** Tasks that every recent version supports, so that its help need not be read. */
const ALWAYS_KNOWN: ReadonlySet<string> = new Set([
  "--locate-shell-integration-path",
  "--update-extensions",
]);

const HELP_TIMEOUT_MS = 10_000;

/**
 * Passes the command line unchanged to the editor server's own command-line program.
 *
 * @param task The option, with its dashes, or the subcommand that sessionctl does not support.
 * @returns its exit code.
 * @throws {SessionctlError} `NOT_SUPPORTED` if there is no such program, or it does not know the
 * task; `NO_TARGET` if the task needs a window and there is none.
 */
export async function handOver(context: OpenContext, task: string): Promise<number> {
  const program = findRemoteCli();
  if (program === undefined) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `sessionctl does not support ${task}, and the editor's own command line was not found`,
      { hint: "an integrated terminal has it in PATH, in a folder bin/remote-cli" },
    );
  }
  const hook = await hookFor(context, task);
  const env = { [HOOK]: hook };
  if (!ALWAYS_KNOWN.has(task) && !(await knows(program, task, env))) {
    throw new SessionctlError(
      "NOT_SUPPORTED",
      `neither sessionctl nor ${printablePath(program)} supports ${task}`,
      { hint: "use the editor's command line on your own machine" },
    );
  }
  context.output.step(`handing over to ${printablePath(program)}`);
  try {
    return (await new Deno.Command(program, { args: [...context.words], env }).spawn().status).code;
  } catch (error) {
    throw new SessionctlError("IO_ERROR", `cannot run ${program}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The editor socket for the program, which does nothing without one. */
async function hookFor(context: OpenContext, task: string): Promise<string> {
  const isForWindow = task.startsWith("--") && task !== "--locate-shell-integration-path";
  if (!isForWindow) return system.env(HOOK) ?? "none";
  const router = routerFor(context, { editorsOnly: true });
  return (await router.routeToEditor([realPathOf(currentFolder())])).socketPath;
}

/** Whether the program's help lists the task. The program ignores tasks that it does not know. */
async function knows(
  program: string,
  task: string,
  env: Record<string, string>,
): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(program, {
      args: ["--help"],
      env,
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(HELP_TIMEOUT_MS),
    }).output();
    const help = new TextDecoder().decode(stdout);
    return new RegExp(`^\\s+(?:-[a-z] )?${task}(?:\\s|$)`, "m").test(help);
  } catch {
    return false; // The program cannot be run, or did not end in time.
  }
}
