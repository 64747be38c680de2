import * as vscode from "vscode";
import { messageOf, SessionctlError } from "../../../src/errors.ts";
import { pageAnswers } from "../window/mod.ts";
import { textList } from "./text_list.ts";

/**
 * Answers the message `extensionManagement` with text like the editor's own. Source:
 * microsoft/vscode `src/vs/platform/extensionManagement/common/extensionManagementCLI.ts`.
 */
export async function manageExtensions(
  message: Readonly<Record<string, unknown>>,
): Promise<string> {
  // A message without any request is sent to learn whether the page answers.
  if (!await pageAnswers()) {
    throw new SessionctlError("TIMED_OUT", "the page of this window does not answer");
  }
  const lines: string[] = [];
  if (message.list) lines.push(...listExtensions(message.list));
  for (const id of textList(message.install)) lines.push(await install(id));
  for (const id of textList(message.uninstall)) lines.push(await uninstall(id));
  return lines.join("\n");
}

/** The API only knows enabled extensions; the editor's own are not listed. */
function listExtensions(list: unknown): string[] {
  const { showVersions, category } = list as { showVersions?: unknown; category?: unknown };
  return vscode.extensions.all
    .filter(({ packageJSON }) => packageJSON.isBuiltin !== true)
    .filter(({ packageJSON }) =>
      typeof category !== "string" ||
      (packageJSON.categories as string[] | undefined)
        ?.some((name) => name.toLowerCase() === category.toLowerCase())
    )
    .map(({ id, packageJSON }) => showVersions === true ? `${id}@${packageJSON.version}` : id)
    .sort();
}

async function install(name: string): Promise<string> {
  const file = /^file:/.test(name) ? vscode.Uri.parse(name, true) : undefined;
  try {
    const command = "workbench.extensions.installExtension";
    await vscode.commands.executeCommand(command, file ?? name);
    return `Extension '${file ? file.fsPath : name}' was successfully installed.`;
  } catch (error) {
    return `Error while installing extensions: ${messageOf(error)}`;
  }
}

async function uninstall(id: string): Promise<string> {
  if (!vscode.extensions.getExtension(id)) return `Extension '${id}' is not installed.`;
  await vscode.commands.executeCommand("workbench.extensions.uninstallExtension", id);
  return `Extension '${id}' was successfully uninstalled!`;
}
