const encoder = new TextEncoder();

/**
 * Sends a body of unknown length as it is produced. Source: RFC 9112, section 7.1.
 *
 * @param write Also gets the number of body bytes that wait with the bytes it is given.
 * @param isOver Whether the peer has gone.
 */
export async function sendChunks(
  body: ReadableStreamDefaultReader<Uint8Array>,
  write: (bytes: Uint8Array, waiting: number) => Promise<void>,
  isOver: () => boolean,
): Promise<void> {
  for (;;) {
    const { done, value } = await body.read();
    if (isOver()) return;
    if (done) break;
    // An empty chunk would end the body.
    if (value.length === 0) continue;
    await write(encoder.encode(`${value.length.toString(16)}\r\n`), value.length);
    await write(value, value.length);
    await write(encoder.encode("\r\n"), 0);
  }
  await write(encoder.encode("0\r\n\r\n"), 0);
}
