import * as vscode from "vscode";
import { SessionctlError } from "../../../src/errors.ts";
import { requestJson } from "../node/request.ts";
import { fileName, span } from "./describe.ts";
import { hookSocket } from "./identity.ts";
import { open, openDiff } from "./open.ts";
import { parseOpenRequest } from "./open_request.ts";
import { fileUri, invalid, type Params, positive, requiredFile } from "./params.ts";

const HOOK_LIMIT_MS = 8000;

/** The method `open`: a remote window's own command-line socket supports every mode. */
export async function openAsMessage(params: Params): Promise<null> {
  const request = parseOpenRequest(params);
  const hook = hookSocket();
  if (hook === undefined) await open(request);
  else {
    const message = { ...params, type: "open" };
    const { status, text } = await requestJson(hook, "POST", "/", message, HOOK_LIMIT_MS);
    if (status !== 200) throw new SessionctlError("EDITOR_REFUSED", `the editor answered ${text}`);
  }
  return null;
}

/** The method `reveal`: shows a position of a file in the middle of its editor. */
export async function reveal(params: Params): Promise<unknown> {
  const uri = requiredFile(params);
  const line = positive(params, "line") ?? 1;
  const column = positive(params, "column") ?? 1;
  const endLine = positive(params, "endLine") ?? line;
  const endColumn = positive(params, "endColumn") ?? (params.endLine === undefined ? column : 1);
  const { preserveFocus = false } = params;
  if (typeof preserveFocus !== "boolean") throw invalid("preserveFocus must be true or false");
  const document = await vscode.workspace.openTextDocument(uri);
  const selection = document.validateRange(
    new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1),
  );
  const editor = await vscode.window.showTextDocument(document, {
    selection,
    preserveFocus,
    preview: false,
  });
  editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return { ...fileName(uri), selection: span(selection) };
}

/** The method `diff`: compares two files. */
export async function diff(params: Params): Promise<null> {
  const { title } = params;
  if (title !== undefined && typeof title !== "string") throw invalid("title must be text");
  await openDiff(fileUri(params.left, "left"), fileUri(params.right, "right"), title);
  return null;
}

/** The method `focus`: moves the keyboard focus to the active editor. */
export async function focus(): Promise<unknown> {
  await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
  return { focused: vscode.window.state.focused };
}

/** The method `runCommand`: runs a command that the user has allowed by name. */
export async function runCommand(params: Params): Promise<unknown> {
  const { command, args = [] } = params;
  if (typeof command !== "string") throw invalid("command must be the name of a command");
  if (!Array.isArray(args)) throw invalid("args must be a list");
  if (!allowedCommands().includes(command)) {
    throw new SessionctlError("NOT_ALLOWED", `the command ${command} is not allowed`, {
      hint: "add it to sessionctl.allowedCommands in the user's or the machine's settings",
    });
  }
  return { result: plain(await vscode.commands.executeCommand(command, ...args)) };
}

/** Never read from the workspace's settings, which may come from anyone. */
function allowedCommands(): readonly unknown[] {
  const inspected = vscode.workspace.getConfiguration("sessionctl").inspect("allowedCommands");
  const value = inspected?.globalValue ?? inspected?.defaultValue;
  return Array.isArray(value) ? value : [];
}

/** The part of a command's result that can be sent; the result may be any object. */
function plain(result: unknown): unknown {
  try {
    const text = JSON.stringify(result) as string | undefined;
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
