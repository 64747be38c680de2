import { messageOf, SessionctlError } from "../../errors.ts";

/** An error as it is sent; `code` is an extension that VS Code ignores. */
export interface ErrorData {
  readonly message: string;
  readonly name: string;
  /** The stack, one line per element. */
  readonly stack?: readonly string[];
  /** The code that the error carried, if any. */
  readonly code?: string;
}

/**
 * An error thrown by a channel at the other end, with its name, message and stack, and its `code`
 * if it had one.
 *
 * If the thrown value was not an `Error`, `data` holds it.
 */
export class ChannelError extends Error {
  /** The name of the error that the other end threw. */
  override readonly name: string;
  /** The code that the error carried, if any. */
  readonly code?: string;
  /** The thrown value, if it was not an error. */
  readonly data?: unknown;

  /** Creates an error from the data that the other end sent. */
  constructor(data: ErrorData, thrown?: { data: unknown }) {
    super(data.message);
    this.name = data.name;
    if (data.stack) this.stack = data.stack.join("\n");
    if (data.code !== undefined) this.code = data.code;
    if (thrown) this.data = thrown.data;
  }
}

export function toErrorData(error: Error): ErrorData {
  const { code } = error as { code?: unknown };
  return {
    message: error.message,
    name: error.name,
    stack: error.stack?.split("\n"),
    ...(typeof code === "string" ? { code } : {}),
  };
}

/** Creates an error from received data, which may be anything. */
export function fromErrorData(data: unknown): ChannelError {
  if (typeof data !== "object" || data === null) {
    return new ChannelError({ name: "Error", message: String(data) });
  }
  const { message, name, stack, code } = data as Record<string, unknown>;
  const lines = Array.isArray(stack) ? stack.map(String) : undefined;
  return new ChannelError({
    message: typeof message === "string" ? message : messageOf(data),
    name: typeof name === "string" ? name : "Error",
    stack: typeof stack === "string" ? stack.split("\n") : lines,
    code: typeof code === "string" ? code : undefined,
  });
}

/** Creates the error for a thrown value that was not an `Error`. */
export function fromThrownValue(data: unknown): ChannelError {
  return new ChannelError(
    { name: "Error", message: `the channel threw ${messageOf(data)}` },
    { data },
  );
}

export function eventsLost(): SessionctlError {
  return new SessionctlError(
    "EVENTS_LOST",
    "events were lost, because they were not read fast enough",
  );
}
