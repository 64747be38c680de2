import * as vscode from "vscode";
import { SessionctlError } from "../../../src/errors.ts";
import { open, pageAnswers, parseOpenRequest } from "../window/mod.ts";
import { manageExtensions } from "./extensions.ts";
import { textList } from "./text_list.ts";

type Message = Readonly<Record<string, unknown>>;
type Handler = (message: Message) => unknown;

/** Time that an answer to `open` waits for an error; the client gives up after 3 s. */
const OPEN_MS = 1500;
const MAX_CLIPBOARD = 1024 * 1024;

/** The handlers of the socket by message type; docs/protocols.md describes the messages. */
const handlers: Readonly<Record<string, Handler>> = {
  open: (message) => withinLimit(open(parseOpenRequest(message))),
  openExternal: ({ uris }) => openExternal(uris),
  status: () => status(),
  extensionManagement: manageExtensions,
  clipboard: ({ content }) => clipboard(content),
};

/** The answer to a message; undefined for an unknown type. */
export async function answerMessage(message: Message): Promise<{ result: unknown } | undefined> {
  const { type } = message;
  const handler = typeof type === "string" && Object.hasOwn(handlers, type)
    ? handlers[type]
    : undefined;
  if (!handler) return undefined;
  if (!vscode.workspace.isTrusted && type !== "status") {
    throw new SessionctlError("NOT_ALLOWED", "the workspace of this window is not trusted");
  }
  return { result: await handler(message) };
}

/** Like the editor, does not wait for files that it cannot open immediately. */
async function withinLimit(opening: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, OPEN_MS));
  opening.catch((error) => console.error("sessionctl: open failed:", error));
  await Promise.race([opening, late]).finally(() => clearTimeout(timer));
}

async function openExternal(uris: unknown): Promise<void> {
  for (const uri of textList(uris)) await vscode.env.openExternal(vscode.Uri.parse(uri, true));
}

async function status(): Promise<string> {
  const { env, version, workspace } = vscode;
  const page = await pageAnswers() ? "answers" : "does not answer";
  return [
    `Version:          ${env.appName} ${version}`,
    `Extension host:   process ${process.pid}, Node ${process.versions.node}`,
    `Window:           ${workspace.name ?? "without a folder"}, whose page ${page}`,
    ...(workspace.workspaceFolders ?? []).map(({ uri }) => `Folder:           ${uri.fsPath}`),
  ].join("\n");
}

async function clipboard(content: unknown): Promise<void> {
  if (typeof content !== "string" || content.length > MAX_CLIPBOARD) {
    throw new SessionctlError("INVALID_ARGUMENT", "content must be text of at most 1 MiB");
  }
  await vscode.env.clipboard.writeText(content);
}
