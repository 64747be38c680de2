import { resolve } from "@std/path";
import { editorKind } from "../discovery/mod.ts";
import { SessionctlError } from "../errors.ts";
import { system, type SystemContext, workingDirectory } from "../platform/mod.ts";

/** The window of an integrated terminal, according to its environment. */
export interface TerminalWindow {
  readonly socketPath: string;
  readonly folders: readonly string[];
  readonly kind: string;
  /** The window's id; undefined without a companion. */
  readonly windowId: string | undefined;
}

/**
 * The window whose terminal this process runs in.
 *
 * VS Code gives a terminal an editor socket of its own (`VSCODE_IPC_HOOK_CLI`) and starts it in the
 * window's folder, or in one of them, but no variable contains the folder. For the exact folder, or
 * for several, users can set `SESSIONCTL_FOLDER` in `terminal.integrated.env.*`, where VS Code
 * expands `${workspaceFolder}`; one folder per line. The companion sets it, too, and
 * `SESSIONCTL_WINDOW`.
 *
 * Source: microsoft/vscode `src/vs/server/node/remoteTerminalChannel.ts`.
 *
 * @throws {SessionctlError} `NOT_FOUND` outside an integrated terminal.
 */
export function terminalWindow(context: SystemContext = system): TerminalWindow {
  const socketPath = context.env("VSCODE_IPC_HOOK_CLI");
  const multiplexed = context.env("TMUX") !== undefined || context.env("STY") !== undefined;
  if (socketPath === undefined || context.env("TERM_PROGRAM") !== "vscode" || multiplexed) {
    throw new SessionctlError(
      "NOT_FOUND",
      "this is not an integrated terminal of an editor window",
      {
        hint: "name the window and its folder: sessionctl add SOCKET FOLDER",
      },
    );
  }
  const told = context.env("SESSIONCTL_FOLDER")?.split("\n").filter((line) => line !== "") ?? [];
  const here = workingDirectory(context.env);
  // In "/", a terminal says nothing about its window.
  const folders = told.length > 0 ? told.map((folder) => resolve(here, folder)) : [here];
  const kind = editorKind(context.env);
  return {
    socketPath,
    folders: folders.filter((folder) => folder !== "/"),
    kind: kind === "editor" ? "vscode" : kind,
    windowId: context.env("SESSIONCTL_WINDOW"),
  };
}
