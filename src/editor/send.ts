import { messageOf, SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import { requestUnix, type UnixResponse } from "../http/mod.ts";
import type { EditorMessage } from "./messages.ts";

export interface EditorRequestOptions {
  /**
   * How long the whole exchange may take, in milliseconds; unless told, as long as a person
   * waits, which is 3 s. The editor has 2 s to begin to read, whatever is told.
   */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

/** For how long a person waits for a sign that something happens, in milliseconds. */
export const PATIENCE_MS = 3000;
/** How long an editor may take to begin to read; there is time left for another one then. */
const READ_WITHIN_MS = 2000;
const MAX_ERROR_TEXT = 2000;

/**
 * Sends one message to an editor and gives what it answers, which for `status` and
 * `extensionManagement` is text.
 *
 * An error of the connect (`SOCKET_MISSING`, `CONNECTION_REFUSED`, `BACKLOG_FULL`,
 * `FOREIGN_OWNER`) and `MESSAGE_UNREAD` mean that the editor got nothing: the message itself is
 * sent only once the editor asks for it, so that one which hangs does not act on it when it
 * wakes up. After any other error it may have acted, so the message must not be sent to a
 * second one.
 *
 * @throws {SessionctlError} `EDITOR_REFUSED` when it answers with an error or does not know
 * the message; `MESSAGE_UNREAD` when it did not read the message, or is no editor;
 * `EDITOR_GONE` when it ends meanwhile; `FOREIGN_OWNER`; and what `requestUnix` throws.
 * @example
 * ```ts
 * console.log(await sendToEditor(socketPath, { type: "status" }));
 * ```
 */
export async function sendToEditor(
  socketPath: string,
  message: EditorMessage,
  options: EditorRequestOptions = {},
): Promise<unknown> {
  const answer = await requestUnix(socketPath, {
    method: "POST",
    target: "/",
    json: message,
    timeoutMs: options.timeoutMs ?? PATIENCE_MS,
    bodyWithinMs: READ_WITHIN_MS,
    allowOwners: options.allowOwners,
  }).catch((error) => {
    throw describeFailure(socketPath, message, error);
  });
  if (!answer.bodySent) {
    const what = `${
      printablePath(socketPath)
    } is not an editor window: it answered ${answer.status}`;
    throw new SessionctlError("MESSAGE_UNREAD", `${what} before it was told anything`);
  }
  const content = contentOf(answer);
  if (answer.status === 200) return content;
  throw refusal(socketPath, message, answer.status, content);
}

const NOT_SENT: readonly string[] = [
  "SOCKET_MISSING",
  "CONNECTION_REFUSED",
  "BACKLOG_FULL",
  "FOREIGN_OWNER",
  "MESSAGE_UNREAD",
];

/** Whether a message that failed has reached nobody, so that another window may be told instead. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof SessionctlError && NOT_SENT.includes(error.code);
}

/** Errors that do not say by themselves whom they are about. */
function describeFailure(socketPath: string, { type }: EditorMessage, error: unknown): unknown {
  const code = error instanceof SessionctlError ? error.code : undefined;
  const what = `the editor at ${printablePath(socketPath)}`;
  switch (code) {
    case "FOREIGN_OWNER":
      return new SessionctlError("FOREIGN_OWNER", messageOf(error), {
        hint: "give --allow-owner UID if you trust its owner with what you open",
        cause: error,
      });
    case "TIMED_OUT":
      return new SessionctlError("TIMED_OUT", `${what} read "${type}" but did not answer in time`, {
        hint: "it may still act on it; its page may be busy or closed",
        cause: error,
      });
    case "CONNECTION_CLOSED":
      return new SessionctlError("EDITOR_GONE", `${what} ended before it answered "${type}"`, {
        hint: "it may have acted on it",
        cause: error,
      });
    case "INVALID_MESSAGE":
    case "HEAD_TOO_LARGE":
    case "MESSAGE_TOO_LARGE":
      return new SessionctlError(
        "EDITOR_REFUSED",
        `${what} did not answer like an editor: ${messageOf(error)}`,
        { cause: error },
      );
    default:
      return error;
  }
}

/** JSON since 2020; text, or nothing, before that. */
function contentOf(answer: UnixResponse): unknown {
  const text = answer.text();
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(
  socketPath: string,
  { type }: EditorMessage,
  status: number,
  content: unknown,
): SessionctlError {
  const where = printablePath(socketPath);
  if (status === 404) {
    return new SessionctlError("EDITOR_REFUSED", `the editor at ${where} does not know "${type}"`, {
      hint: type === "clipboard"
        ? "code-server can do it (4.90 and later), VS Code's own server cannot"
        : "it may be older than this kind of request",
    });
  }
  const reason = typeof content === "string" ? content : JSON.stringify(content);
  return new SessionctlError(
    "EDITOR_REFUSED",
    `the editor at ${where} refused (${status}): ${plainText(reason).slice(0, MAX_ERROR_TEXT)}`,
  );
}

/** Text from outside without what would steer a terminal; tabs and line breaks stay. */
export function plainText(text: string): string {
  // Control characters but tab, line feed and carriage return; then the last of these.
  return text.replace(/(?![\t\n\r])\p{Cc}/gu, "\u{fffd}").replaceAll("\r", "");
}
