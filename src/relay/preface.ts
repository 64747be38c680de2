import { SessionctlError } from "../platform/mod.ts";

/** A UUID as text, in bytes. */
export const PREFACE_BYTES = 36;
const DEFAULT_LIMIT_MS = 5_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A fresh preface: what a relay sends ahead of a connection's bytes, so that both ends can name it. */
export function newPreface(): Uint8Array {
  return new TextEncoder().encode(crypto.randomUUID());
}

/** A connection that arrived with its preface. */
export interface PrefacedConnection {
  readonly id: string;
  readonly conn: Deno.Conn;
}

/**
 * The receiving side of `relay --preface uuid`: accepts a connection and takes the id
 * off its front. What the relay carries follows unread. The id names a connection; it
 * is no credential.
 *
 * A connection that brings no valid id in time is closed, and the next one taken: one
 * silent client does not hold up the others.
 *
 * @param options.limitMs How long a connection may take to send its id, in milliseconds.
 * @returns the connection and its id.
 * @throws what `listener.accept()` throws, such as when the listener is closed.
 * @example
 * ```ts
 * const listener = Deno.listen({ transport: "unix", path: "/run/user/1000/editor.sock" });
 * const { id, conn } = await acceptPrefaced(listener);
 * ```
 */
export async function acceptPrefaced(
  listener: Deno.Listener,
  options: { limitMs?: number; onRejected?: (error: SessionctlError) => void } = {},
): Promise<PrefacedConnection> {
  const limitMs = options.limitMs ?? DEFAULT_LIMIT_MS;
  const accepted = Promise.withResolvers<PrefacedConnection>();
  let settled = false;
  const takeOne = async () => {
    const conn = await listener.accept();
    // The next one need not wait for this one's id.
    const timer = setTimeout(() => conn.close(), limitMs);
    try {
      const id = await readPreface(conn);
      clearTimeout(timer);
      return { id, conn };
    } catch (error) {
      clearTimeout(timer);
      closeQuietly(conn);
      options.onRejected?.(
        error instanceof SessionctlError
          ? error
          : new SessionctlError("TIMED_OUT", `no id within ${limitMs} ms`, { cause: error }),
      );
      return undefined;
    }
  };
  const loop = async () => {
    while (!settled) {
      const one = await takeOne();
      if (one) {
        settled = true;
        accepted.resolve(one);
      }
    }
  };
  loop().catch((error) => accepted.reject(error));
  return await accepted.promise;
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

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
