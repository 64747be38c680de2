/**
 * Writes all of `bytes`, in as many writes as necessary.
 *
 * @param to A connection or an open file.
 */
export async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await to.write(at === 0 ? bytes : bytes.subarray(at));
  }
}
