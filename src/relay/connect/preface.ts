import { messageOf, SessionctlError } from "../../errors.ts";
import { acceptNext } from "../../platform/mod.ts";
import { closeQuietly } from "../data/side.ts";

/** Length of a UUID as text, in bytes. */
export const PREFACE_BYTES = 36;
const DEFAULT_LIMIT_MS = 5_000;
/** Number of connections that may wait for their id or for the caller; further ones are closed. */
const MAX_WAITING = 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new preface: the id that a relay sends before a connection's bytes, so that both ends can name it. */
export function newPreface(): string {
  return crypto.randomUUID();
}

/** A connection that arrived with its preface. */
export interface PrefacedConnection {
  /** The UUID that it began with. */
  readonly id: string;
  /** The connection, from the first byte after the id. */
  readonly conn: Deno.Conn;
}

/** Options of the receiving side. */
export interface AcceptPrefacedOptions {
  /** Time limit for a connection's id, in milliseconds; 5,000 by default. */
  readonly limitMs?: number;
  /** Called for a connection that was closed because it sent no valid id in time. */
  onRejected?(error: SessionctlError): void;
}

/**
 * The receiving side of `relay --preface uuid`: accepts connections and removes the id from the
 * front of each. The bytes after it are not read. The id names a connection; it is not a
 * credential.
 *
 * A connection without a valid id in time is closed. Connections are waited for in parallel: a
 * silent one does not delay the others.
 *
 * Leaving the loop, by `break` too, closes the listener, as a loop over the listener itself
 * does, and every connection that the loop did not get.
 *
 * @returns the connections with their ids, until the listener is closed.
 * @throws what `listener.accept()` throws while the listener is open.
 * @example
 * ```ts
 * const listener = Deno.listen({ transport: "unix", path: "/run/user/1000/editor.sock" });
 * for await (const { id, conn } of acceptPrefaced(listener)) serve(id, conn);
 * ```
 */
export async function* acceptPrefaced(
  listener: Deno.Listener,
  options: AcceptPrefacedOptions = {},
): AsyncGenerator<PrefacedConnection, void, void> {
  const limitMs = options.limitMs ?? DEFAULT_LIMIT_MS;
  const ready: PrefacedConnection[] = [];
  const waiting = new Set<Deno.Conn>();
  let wake = () => {};
  let end: { error: unknown } | undefined;
  let left = false;

  const take = async (conn: Deno.Conn) => {
    waiting.add(conn);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      closeQuietly(conn);
    }, limitMs);
    try {
      ready.push({ id: await readPreface(conn), conn });
    } catch (error) {
      closeQuietly(conn);
      if (!left) options.onRejected?.(late ? noIdWithin(limitMs) : asRejection(error));
    } finally {
      clearTimeout(timer);
      waiting.delete(conn);
      wake();
    }
  };
  const acceptAll = async () => {
    for (;;) {
      const conn = await acceptNext(listener);
      if (!left && waiting.size + ready.length < MAX_WAITING) take(conn);
      else closeQuietly(conn);
    }
  };
  acceptAll().catch((error) => {
    end = { error };
    wake();
  });
  try {
    for (;;) {
      for (let one; (one = ready.shift());) yield one;
      if (end) {
        if (isClosed(end.error)) return;
        throw end.error;
      }
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    left = true;
    // An accept in progress would take one more connection, which no caller would get.
    if (!end) closeQuietly(listener);
    for (const conn of waiting) closeQuietly(conn);
    for (const { conn } of ready) closeQuietly(conn);
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}

function noIdWithin(limitMs: number): SessionctlError {
  return new SessionctlError("TIMED_OUT", `no id within ${limitMs} ms`);
}

function asRejection(error: unknown): SessionctlError {
  return error instanceof SessionctlError
    ? error
    : new SessionctlError("CONNECTION_CLOSED", messageOf(error), { cause: error });
}

async function readPreface(conn: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(PREFACE_BYTES);
  for (let at = 0; at < bytes.length;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) {
      throw new SessionctlError("CONNECTION_CLOSED", "the connection ended before its id");
    }
    at += count;
  }
  const id = new TextDecoder().decode(bytes);
  if (!UUID.test(id)) throw new SessionctlError("INVALID_MESSAGE", "the id is not a UUID");
  return id;
}
