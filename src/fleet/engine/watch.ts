import { SessionctlError } from "../../errors.ts";
import { decode, numberOf } from "./codec.ts";

/** A change of one key. */
export interface Change {
  readonly key: string;
  /** The new value; absent if the key was deleted, or its lease has expired. */
  readonly value?: string;
  /** The revision of the change. */
  readonly revision: number;
}

/** Maximum length of a watch's message in characters, because the engine splits no transaction. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** A watch's message: the changes, and the engine's progress. */
export interface WatchMessage {
  readonly changes: readonly Change[];
  readonly revision: number;
}

/**
 * Reads the messages of a watch: one JSON object per line.
 *
 * @param signal Ends it.
 * @throws {SessionctlError} `EVENTS_LOST` if the engine has compacted the requested changes (take a
 * new snapshot), `REMOTE_ERROR` if it ends the watch, `MESSAGE_TOO_LARGE`, `INVALID_MESSAGE`.
 */
export async function* readWatch(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<WatchMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // An aborted request does not always end a body that is being read.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    let parts: string[] = [];
    let length = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      // A long line comes in many chunks, and each is searched once.
      for (const [at, part] of decoder.decode(value, { stream: true }).split("\n").entries()) {
        if (at > 0) {
          const line = parts.join("");
          parts = [];
          length = 0;
          if (line.trim() !== "") yield readMessage(line);
        }
        parts.push(part);
        length += part.length;
        if (length > MAX_MESSAGE) throw tooLong();
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

function tooLong(): SessionctlError {
  return new SessionctlError(
    "MESSAGE_TOO_LARGE",
    "a message of the fleet's engine is too long",
  );
}

/** Parses one line of a watch; throws like {@link readWatch}. */
export function readMessage(line: string): WatchMessage {
  const { result, error } = parse(line);
  if (error !== undefined) {
    const reason = (error as { message?: unknown }).message ?? error;
    throw new SessionctlError("REMOTE_ERROR", `the fleet's engine ends the watch: ${reason}`);
  }
  const message = (result ?? {}) as Record<string, unknown>;
  if (numberOf(message.compact_revision) > 0) {
    throw new SessionctlError("EVENTS_LOST", "the fleet's engine no longer has all changes");
  }
  if (message.canceled === true) {
    const reason = String(message.cancel_reason ?? "without a reason");
    throw new SessionctlError("REMOTE_ERROR", `the fleet's engine ends the watch: ${reason}`);
  }
  const events = Array.isArray(message.events) ? message.events : [];
  const header = (message.header ?? {}) as Record<string, unknown>;
  return { changes: events.map(readChange), revision: numberOf(header.revision) };
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The error below reports it.
  }
  throw new SessionctlError("INVALID_MESSAGE", "the fleet's engine sent a line that is not JSON");
}

function readChange(event: unknown): Change {
  const { type, kv } = (event ?? {}) as Record<string, unknown>;
  const { key, value, mod_revision } = (kv ?? {}) as Record<string, unknown>;
  const change = { key: decode(key), revision: numberOf(mod_revision) };
  return type === "DELETE" ? change : { ...change, value: decode(value) };
}
