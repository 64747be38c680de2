import { ServerSentEventParseStream } from "@std/http/server-sent-event-parse-stream";
import { ByteReader } from "../../http/mod.ts";
import { writeAll } from "../../platform/mod.ts";
import { hasCode, SessionctlError } from "../../errors.ts";
import type { WatchEvent } from "../protocol.ts";

/** A connection that was there, and why it is to be made again. */
export interface LostConnection {
  readonly error: SessionctlError;
  /** Ends the wait for it. */
  readonly signal?: AbortSignal;
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_LINE = 1024;
/** One event: a snapshot of 100,000 sessions with large workspaces. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const REQUEST = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

function cut(cause?: unknown): SessionctlError {
  return new SessionctlError("CONNECTION_CLOSED", "the connection was closed without an answer", {
    cause,
  });
}

/** Anything else is an error of the connection's. */
function isOurs(error: unknown): boolean {
  return error instanceof SessionctlError || error instanceof SyntaxError;
}

/** The chunks of an answer's body, as they come. Source: RFC 9112, section 7.1. */
function chunkedBody(reader: ByteReader): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const line = await reader.takeUntilBreak(MAX_CHUNK_LINE, true);
        const size = line === null ? 0 : parseInt(decoder.decode(line), 16);
        if (!(size > 0 && size <= MAX_CHUNK_BYTES)) return controller.close();
        controller.enqueue(await reader.takeExactly(size));
        await reader.takeExactly(2);
      } catch {
        // The server ended, perhaps in the middle of an event.
        controller.close();
      }
    },
  });
}

/** A server that ends the stream so often without a single event is none to come back to. */
const MAX_EMPTY_STREAMS = 5;

/**
 * Follows the events over the connections that `connect` makes, each of which begins with a
 * snapshot; ends when the server is gone for good, or `signal` aborts.
 *
 * @throws {SessionctlError} as {@link watchEvents}; what `connect` throws at first.
 */
export async function* watchRegistry(
  connect: (lost?: LostConnection) => Promise<Deno.UnixConn>,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<WatchEvent> {
  const error = new SessionctlError("CONNECTION_CLOSED", "the event stream has ended");
  let conn = await connect();
  for (let empty = 0;; empty++) {
    try {
      for await (const event of watchEvents(conn, signal)) {
        empty = 0;
        yield event;
      }
    } catch (error) {
      if (!hasCode(error, "CONNECTION_CLOSED")) throw error;
    }
    if (signal?.aborted || empty === MAX_EMPTY_STREAMS) return;
    try {
      conn = await connect({ error, signal });
    } catch (error) {
      if (hasCode(error, "REGISTRY_UNREACHABLE") || signal?.aborted) return;
      throw error;
    }
  }
}

/**
 * Reads `GET /v1/events` on an open connection, which it closes at the end.
 *
 * @throws {SessionctlError} `REGISTRY_ERROR` when the server does not offer events,
 * `CONNECTION_CLOSED` when it ended before it had answered.
 */
async function* watchEvents(
  conn: Deno.UnixConn,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<WatchEvent> {
  let closed = false;
  const close = () => {
    if (!closed) conn.close();
    closed = true;
  };
  signal?.addEventListener("abort", close, { once: true });
  if (signal?.aborted) close();
  try {
    if (closed) return;
    await writeAll(conn, new TextEncoder().encode(REQUEST));
    const reader = new ByteReader(conn);
    const head = await reader.takeUntilBreak(MAX_HEAD_BYTES);
    if (head === null) throw cut();
    if (!new TextDecoder().decode(head).startsWith("HTTP/1.1 200")) {
      throw new SessionctlError("REGISTRY_ERROR", "the registry offers no events");
    }
    const events = chunkedBody(reader).pipeThrough(new ServerSentEventParseStream());
    for await (const { event, data } of events) {
      if (event && data) yield { type: event, ...JSON.parse(data) } as WatchEvent;
    }
  } catch (error) {
    if (!signal?.aborted) throw isOurs(error) ? error : cut(error);
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}
