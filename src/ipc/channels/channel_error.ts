import { messageOf, SessionctlError } from "../../errors.ts";

/** How an error looks on the wire; `code` is ours, VS Code passes it over. */
export interface ErrorData {
  readonly message: string;
  readonly name: string;
  /** Line by line. */
  readonly stack?: readonly string[];
  /** The code that the error carried, if any. */
  readonly code?: string;
}

/**
 * What a channel at the other end threw, with its name, message and stack; `code` is
 * the code it had there, if any.
 *
 * What was thrown and was no `Error` is in `data`.
 */
export class ChannelError extends Error {
  /** The name of the error as it was thrown at the other end. */
  override readonly name: string;
  /** The code that the error carried, if any. */
  readonly code?: string;
  /** The value that was thrown, where it was no error. */
  readonly data?: unknown;

  /** Makes an error of what the other end sent. */
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

/** Makes an error of what arrived, which may be anything. */
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

/** The error for what a channel threw that was no `Error`. */
export function fromThrownValue(data: unknown): ChannelError {
  return new ChannelError(
    { name: "Error", message: `it failed with ${messageOf(data)}` },
    { data },
  );
}

export function eventsLost(): SessionctlError {
  return new SessionctlError(
    "EVENTS_LOST",
    "events were lost, because they were not read fast enough",
  );
}
