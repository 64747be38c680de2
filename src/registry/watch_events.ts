import { ServerSentEventParseStream } from "@std/http/server-sent-event-parse-stream";
import { ByteReader, writeAll } from "../platform/http/mod.ts";
import { SessionctlError } from "../platform/mod.ts";
import type { WatchEvent } from "./protocol.ts";

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_LINE = 1024;
/** One event: a snapshot of 100,000 sessions with large workspaces. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const REQUEST = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

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

/**
 * Reads `GET /v1/events` on an open connection, which it closes at the end.
 *
 * @throws {SessionctlError} `REGISTRY_ERROR` when the server does not offer events.
 */
export async function* watchEvents(
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
    if (head === null || !new TextDecoder().decode(head).startsWith("HTTP/1.1 200")) {
      throw new SessionctlError("REGISTRY_ERROR", "the registry offers no events");
    }
    const events = chunkedBody(reader).pipeThrough(new ServerSentEventParseStream());
    for await (const { event, data } of events) {
      if (event && data) yield { type: event, ...JSON.parse(data) } as WatchEvent;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}
