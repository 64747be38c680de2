import { messageOf, SessionctlError } from "../errors.ts";
import { printablePath } from "../platform/mod.ts";
import { requestUnix, type UnixResponse } from "../http/mod.ts";
import type { EditorMessage } from "./messages.ts";

export interface EditorRequestOptions {
  /**
   * Time limit of the whole exchange, in milliseconds; by default 3 s, about as long as a user
   * waits. Independent of it, the editor must begin to read within 2 s.
   */
  readonly timeoutMs?: number;
  /** Further user ids whose sockets may be used (`--allow-owner`). */
  readonly allowOwners?: readonly number[];
}

/** How long a user waits for a sign of progress, in milliseconds. */
export const PATIENCE_MS = 3000;
/** Time limit for an editor to begin to read; afterwards there is time left for another editor. */
const READ_WITHIN_MS = 2000;
const MAX_ERROR_TEXT = 2000;

/**
 * Sends one message to an editor and returns its answer, which is text for `status` and
 * `extensionManagement`.
 *
 * An error of the connection (`SOCKET_MISSING`, `CONNECTION_REFUSED`, `BACKLOG_FULL`,
 * `FOREIGN_OWNER`) and `MESSAGE_UNREAD` mean that the editor received nothing. The message itself
 * is sent only when the editor asks for it, so that a hung editor does not act on it when it wakes
 * up. After any other error the editor may have acted, so the message must not be sent to another
 * one.
 *
 * @throws {SessionctlError} `EDITOR_REFUSED` if it answers with an error or does not know the
 * message; `MESSAGE_UNREAD` if it did not read the message, or is not an editor; `EDITOR_GONE` if
 * it ends meanwhile; `FOREIGN_OWNER`; and the errors of `requestUnix`.
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
    throw new SessionctlError("MESSAGE_UNREAD", `${what} before the message was sent`);
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

/** Whether a failed message did not reach the window, so that another one may receive it. */
export function wasNotSent(error: unknown): boolean {
  return error instanceof SessionctlError && NOT_SENT.includes(error.code);
}

/** Replaces errors that do not name the editor. */
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

/** The answer's content: JSON since 2020; text, or nothing, before that. */
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
        ? "code-server supports this (4.90 and later), VS Code's own server does not"
        : "the editor may be older than this request",
    });
  }
  const reason = typeof content === "string" ? content : JSON.stringify(content);
  return new SessionctlError(
    "EDITOR_REFUSED",
    `the editor at ${where} refused (${status}): ${plainText(reason).slice(0, MAX_ERROR_TEXT)}`,
  );
}

/** Removes characters that could control a terminal from text; tabs and line breaks stay. */
export function plainText(text: string): string {
  // Control characters other than tab, line feed and carriage return; then carriage returns.
  return text.replace(/(?![\t\n\r])\p{Cc}/gu, "\u{fffd}").replaceAll("\r", "");
}
