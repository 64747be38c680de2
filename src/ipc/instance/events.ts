import { SessionctlError } from "../../errors.ts";
import { connectUnix } from "../../http/mod.ts";
import { writeAll } from "../../platform/mod.ts";
import { encodeJsonLine, JsonLineSplitter } from "./json_lines.ts";

/** An event that an instance sends. */
export interface InstanceEvent {
  /**
   * The name of the event; `lost` if events were dropped because they were not read fast enough.
   */
  readonly event: string;
  /** The data that the instance sent with it. */
  readonly data: unknown;
}

const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * Yields the events of an instance, from now until it ends the connection or `signal` aborts.
 * Leaving the loop closes the connection.
 *
 * @throws {SessionctlError} as `connectUnix`; `METHOD_NOT_FOUND` if the instance has no events;
 * `INVALID_MESSAGE`, `MESSAGE_TOO_LARGE`.
 * @example
 * ```ts
 * for await (const { event, data } of instanceEvents(path)) console.log(event, data);
 * ```
 */
export async function* instanceEvents(
  socketPath: string,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterableIterator<InstanceEvent> {
  const { signal } = options;
  const conn = await connectUnix(socketPath);
  let open = true;
  const close = () => {
    if (open) conn.close();
    open = false;
  };
  signal?.addEventListener("abort", close, { once: true });
  if (signal?.aborted) close();
  try {
    if (!open) return;
    await writeAll(conn, encodeJsonLine({ id: "subscribe", method: "subscribe", params: {} }));
    const splitter = new JsonLineSplitter(MAX_EVENT_BYTES);
    const buffer = new Uint8Array(64 * 1024);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      for (const message of splitter.push(buffer.subarray(0, count))) {
        if (typeof message.event === "string") yield { event: message.event, data: message.data };
        else if (message.error) throw noEvents();
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", close);
    close();
  }
}

function noEvents(): SessionctlError {
  return new SessionctlError("METHOD_NOT_FOUND", "the instance offers no events");
}
