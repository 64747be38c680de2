/** Every code a {@link SessionctlError} can carry. Scripts may match on these. */
export type ErrorCode =
  | "ACCESS_DENIED"
  | "ADDRESS_IN_USE"
  | "BACKLOG_FULL"
  | "CANCELLED"
  | "CHANNEL_NOT_FOUND"
  | "CONNECTION_CLOSED"
  | "CONNECTION_REFUSED"
  | "EDITOR_GONE"
  | "EDITOR_REFUSED"
  | "EVENTS_LOST"
  | "FILE_IN_USE"
  | "FLEET_UNAVAILABLE"
  | "FOREIGN_OWNER"
  | "HEAD_TOO_LARGE"
  | "INVALID_ARGUMENT"
  | "INVALID_CREDENTIALS"
  | "INVALID_MESSAGE"
  | "IO_ERROR"
  | "MESSAGE_TOO_LARGE"
  | "MESSAGE_UNREAD"
  | "METHOD_NOT_FOUND"
  | "NAME_IN_USE"
  | "NOT_ALLOWED"
  | "NOT_A_SOCKET"
  | "NOT_FOUND"
  | "NOT_MERGED"
  | "NOT_SUPPORTED"
  | "NO_TARGET"
  | "PEER_GONE"
  | "REGISTRY_ERROR"
  | "REGISTRY_UNREACHABLE"
  | "REMOTE_ERROR"
  | "SERVER_RUNNING"
  | "SOCKET_MISSING"
  | "SOCKET_PATH_INVALID"
  | "START_FAILED"
  | "STATE_UNAVAILABLE"
  | "TIMED_OUT"
  | "UNSAFE_DIRECTORY"
  | "USAGE"
  | "WINDOW_NOT_CONNECTED";

/**
 * The error that every module here throws: a code for programs, a message that names the thing that
 * failed and, if there is one, a hint about what to do next.
 *
 * @example
 * ```ts
 * throw new SessionctlError("SOCKET_MISSING", `no socket at ${path}`, {
 *   hint: "start one with: sessionctl serve --detach",
 * });
 * ```
 */
export class SessionctlError extends Error {
  /** Always "SessionctlError". */
  override readonly name = "SessionctlError";
  /** The kind of failure. */
  readonly code: ErrorCode;
  /** The action for the reader; one line, without a trailing full stop. */
  readonly hint?: string;

  /** Makes an error; `message` names the thing that failed. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** The `errno` name of an error from the runtime ("ENOENT"), if it carries one. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return (codes as readonly unknown[]).includes(errnoOf(error));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { message } = error as { message?: unknown };
  if (typeof message === "string") return message;
  try {
    return JSON.stringify(error) ?? "an object without a text";
  } catch {
    return "an object that refers to itself";
  }
}

/**
 * The system's words for the failure of a file operation, without the paths that the runtime adds.
 *
 * @example
 * ```ts
 * reasonOf(new Error("Permission denied (os error 13): open '/etc/shadow'")); // "Permission denied"
 * ```
 */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/ \(os error \d+\).*$/s, "");
}
