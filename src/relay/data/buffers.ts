/**
 * Read buffers in three sizes. A connection starts with the smallest, takes a larger one when a
 * read fills its buffer, and returns to a smaller one when reads become short. An idle connection
 * therefore costs little, and a busy one makes few calls. Buffers are reused, because allocating
 * them would take most of the time of a new connection.
 */
export const BUFFER_BYTES = [2 * 1024, 16 * 1024, 64 * 1024] as const;

/** Memory of each size that is kept for reuse, in bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;

const free: Uint8Array<ArrayBuffer>[][] = BUFFER_BYTES.map(() => []);

/** A buffer of size `level` (0 to 2). */
export function takeBuffer(level: number): Uint8Array<ArrayBuffer> {
  return free[level]!.pop() ?? new Uint8Array(BUFFER_BYTES[level]!);
}

/** Returns a buffer; the caller must not use it afterwards. */
export function giveBuffer(level: number, buffer: Uint8Array<ArrayBuffer>): void {
  const list = free[level]!;
  if (list.length * buffer.length < KEPT_BYTES) list.push(buffer);
}

/**
 * The size for the read after one of `count` bytes: larger if it filled the buffer, smaller if a
 * smaller buffer would have been enough.
 */
export function nextLevel(level: number, count: number): number {
  if (count === BUFFER_BYTES[level]) return Math.min(level + 1, BUFFER_BYTES.length - 1);
  if (level > 0 && count <= BUFFER_BYTES[level - 1]! / 2) return level - 1;
  return level;
}
