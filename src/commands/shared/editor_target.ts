import { type Arguments, type CommandContext, option } from "../../cli/mod.ts";
import {
  type EditorMessage,
  hasPage,
  PATIENCE_MS,
  sendToEditor,
  wasNotSent,
} from "../../editor/mod.ts";
import { messageOf, SessionctlError } from "../../errors.ts";
import { printablePath, realPathOf, system, workingDirectory } from "../../platform/mod.ts";
import { type EditorDestination, Router, type RouterOptions } from "../../routing/mod.ts";
import { starter } from "./arguments.ts";

/** Options of every command that uses an editor window. */
export const targetOptions = {
  to: option.named("window", {
    valueName: "SOCKET",
    summary: "Use this window: its editor socket, a part of that, a folder, or a desktop editor",
  }),
  allowOwner: option.list(option.userId({
    summary: "Also use sockets that this user owns (for root in a container)",
  })),
};

/** The context of a command that has {@link targetOptions}. */
export type TargetContext = CommandContext<
  Arguments<typeof targetOptions> & { readonly start?: boolean }
>;

/** Creates a router from the command's options; `--verbose` shows its walk. */
export function routerFor(
  context: TargetContext,
  options: Pick<RouterOptions, "to" | "strict" | "editorsOnly" | "launch" | "hint"> = {},
): Router {
  return new Router({ ...routerOptions(context), ...options });
}

/** Converts the command's options to those of a router. */
export function routerOptions(context: TargetContext): RouterOptions {
  const { args, output, socket } = context;
  return {
    to: args.to,
    registrySocket: socket,
    allowOwners: args.allowOwner,
    // `open` may find a window without a registry, and would not report that it is missing.
    startRegistry: starter(context, true),
    onStep: (line) => output.step(line),
    onNotice: (line) => output.note(line),
    choose: (sockets) => choose(context, sockets),
  };
}

/** Lets the user choose among several windows, if there is a terminal. */
async function choose(
  context: TargetContext,
  sockets: readonly string[],
): Promise<string | undefined> {
  const asks = !context.output.json && Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
  if (!asks || Deno.env.get("TERM") === "dumb") return undefined;
  const { pickWindow } = await import("./pick_window.ts");
  return (await pickWindow(context, new Set(sockets))).socketPath;
}

/** The current folder, with links kept. */
export function currentFolder(): string {
  try {
    return workingDirectory(system.env);
  } catch (error) {
    throw new SessionctlError("NOT_FOUND", "the current folder no longer exists", {
      hint: "change to another one, or give absolute paths",
      cause: error,
    });
  }
}

/** Long, because installing an extension downloads it, and a page may ask before it opens a URL. */
const ACTION_TIMEOUT_MS = 300_000;

/**
 * Sends a message to the window of the current folder. If a window does not read the message, the
 * next one is tried. @returns the window and its answer.
 */
export async function askEditor(
  context: TargetContext,
  message: EditorMessage,
): Promise<{ target: EditorDestination; answer: unknown }> {
  const router = routerFor(context, { editorsOnly: true });
  const paths = [realPathOf(currentFolder())];
  for (;;) {
    const target = await router.routeToEditor(paths);
    try {
      return { target, answer: await ask(context, target, message) };
    } catch (error) {
      if (!wasNotSent(error) || target.step === "to") throw error;
      context.output.step(messageOf(error));
      router.markFailed(target.socketPath, error);
    }
  }
}

/**
 * Sends a message. If the answer takes long, the user gets a notice. The wait ends if the window no
 * longer has a page that could answer.
 *
 * @throws {SessionctlError} as `sendToEditor`; `TIMED_OUT` if the page is gone.
 */
async function ask(
  context: TargetContext,
  { socketPath }: EditorDestination,
  message: EditorMessage,
): Promise<unknown> {
  const { output } = context;
  const shown = printablePath(socketPath);
  const { allowOwner: allowOwners } = context.args;
  output.step(`sending ${message.type} to ${shown}`);
  const gone = Promise.withResolvers<never>();
  const late = setTimeout(async () => {
    if (await hasPage(socketPath, { allowOwners })) {
      return output.note(`no answer yet from ${shown}: its page may be asking something`);
    }
    const text = `the page of the window at ${shown} does not answer`;
    const hint = "its browser may be closed; the window may still act on this once it is back";
    gone.reject(new SessionctlError("TIMED_OUT", text, { hint }));
  }, PATIENCE_MS);
  try {
    const options = { allowOwners, timeoutMs: ACTION_TIMEOUT_MS };
    return await Promise.race([sendToEditor(socketPath, message, options), gone.promise]);
  } finally {
    clearTimeout(late);
  }
}
