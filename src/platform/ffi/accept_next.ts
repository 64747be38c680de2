/**
 * Accepts a listener's next connection. A connection that was reset while it waited is skipped,
 * because the runtime fails when it finds no peer address.
 *
 * @throws any other error of the accept.
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
