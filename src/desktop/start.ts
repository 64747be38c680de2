import { hasCode, messageOf, SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import { takeConnection } from "./kept.ts";
import { MainProcess, type MainProcessOptions } from "./main_process.ts";

/** The request of what a desktop editor opens. */
export interface DesktopRequest {
  /** `file://` or `vscode-remote://` URIs; with `goto`, `:LINE:COLUMN` may follow. */
  readonly fileUris?: readonly string[];
  readonly folderUris?: readonly string[];
  readonly goto?: boolean;
  /** The action on the files or folders together. */
  readonly together?: "diff" | "merge" | "add" | "remove";
  readonly newWindow?: boolean;
  readonly reuseWindow?: boolean;
  /** The remote of a window without a file or folder, such as `ssh-remote+host`. */
  readonly remoteAuthority?: string;
  /**
   * A file on the editor's machine that it deletes when the user has closed the files. The call
   * resolves then, or when the window is closed or reloaded.
   */
  readonly waitMarkerFilePath?: string;
}

/** Time limit for the editor to report that it has opened the items, in milliseconds. */
const START_TIMEOUT_MS = 10_000;

/** The result of a message to a desktop editor. */
export interface DesktopStart {
  /**
   * Resolves when the editor has opened everything; with a wait marker, when it is closed. Rejects
   * with `EDITOR_REFUSED`, `TIMED_OUT` or, immediately when the editor ends, `EDITOR_GONE`.
   */
  readonly done: Promise<void>;
}

/**
 * Makes a desktop editor open items. Its main process chooses the window: the one with the deepest
 * folder that holds the first file, or else the last active one with the URI's authority.
 *
 * The editor is asked for its windows first, unless it answered a moment ago. A hung editor gets no
 * message, because it would open the file when it wakes up.
 *
 * Source: microsoft/vscode `src/vs/platform/launch/electron-main/launchMainService.ts`.
 *
 * @returns when the editor has got the message; `done` gives the outcome.
 * @throws {SessionctlError} `MESSAGE_UNREAD` if the editor does not answer and got no message; and
 * the errors of `MainProcess.connect`.
 * @example
 * ```ts
 * const request = { fileUris: ["file:///home/ann/api/main.ts:12"], goto: true };
 * await (await tellDesktop(editor.mainSocket, request)).done;
 * ```
 */
export async function tellDesktop(
  mainSocket: string,
  request: DesktopRequest,
  options: MainProcessOptions = {},
): Promise<DesktopStart> {
  const main = takeConnection(mainSocket) ?? await connectAndAsk(mainSocket, options);
  const waits = request.waitMarkerFilePath !== undefined;
  const done = main.start(argumentsOf(request), waits ? undefined : START_TIMEOUT_MS)
    .finally(() => main[Symbol.dispose]());
  // The caller may not listen yet, so a rejection counts as handled.
  done.catch(() => {});
  return { done };
}

async function connectAndAsk(
  mainSocket: string,
  options: MainProcessOptions,
): Promise<MainProcess> {
  const main = await MainProcess.connect(mainSocket, options);
  try {
    await main.diagnostics();
    return main;
  } catch (error) {
    main[Symbol.dispose]();
    throw unread(mainSocket, error);
  }
}

function unread(mainSocket: string, error: unknown): SessionctlError {
  const reason = hasCode(error, "TIMED_OUT") ? "does not answer" : messageOf(error);
  return new SessionctlError("MESSAGE_UNREAD", `${printablePath(mainSocket)}: ${reason}`, {
    cause: error,
  });
}

/**
 * The request as VS Code's parser would have read it from a command line.
 * Source: microsoft/vscode `src/vs/platform/environment/common/argv.ts` (`NativeParsedArgs`).
 */
function argumentsOf(request: DesktopRequest): Record<string, unknown> {
  const { fileUris = [], folderUris = [], together, waitMarkerFilePath } = request;
  return {
    _: [],
    ...(fileUris.length > 0 ? { "file-uri": [...fileUris] } : {}),
    ...(folderUris.length > 0 ? { "folder-uri": [...folderUris] } : {}),
    ...(request.goto ? { goto: true } : {}),
    ...(together === undefined ? {} : { [together]: true }),
    ...(request.newWindow ? { "new-window": true } : {}),
    ...(request.reuseWindow ? { "reuse-window": true } : {}),
    ...(request.remoteAuthority === undefined ? {} : { remote: request.remoteAuthority }),
    ...(waitMarkerFilePath === undefined ? {} : { wait: true, waitMarkerFilePath }),
  };
}
