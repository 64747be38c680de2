/**
 * Accepts a listener's next connection. One that was reset while it waited to be accepted
 * is passed over: the runtime finds no peer's address for it, and fails.
 *
 * @throws what else the accept met.
 */
export async function acceptNext<Conn extends Deno.Conn>(
  listener: { accept(): Promise<Conn> },
): Promise<Conn> {
  for (;;) {
    try {
      return await listener.accept();
    } catch (error) {
      if (!wasReset(error)) throw error;
    }
  }
}

function wasReset(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}
