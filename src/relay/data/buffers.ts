/**
 * Read buffers in three sizes. A connection starts with the smallest, takes a larger
 * one when a read fills what it has, and goes back when the flow gets thin; so an idle
 * connection costs little and a busy one makes few calls. Buffers are used again:
 * allocating them is what a new connection would otherwise spend its time on.
 */
export const BUFFER_BYTES = [2 * 1024, 16 * 1024, 64 * 1024] as const;

/** How much of each size is kept for later, in bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;

const free: Uint8Array<ArrayBuffer>[][] = BUFFER_BYTES.map(() => []);

/** A buffer of size `level` (0 to 2). */
export function takeBuffer(level: number): Uint8Array<ArrayBuffer> {
  return free[level]!.pop() ?? new Uint8Array(BUFFER_BYTES[level]!);
}

/** Gives a buffer back; nobody may use it afterwards. */
export function giveBuffer(level: number, buffer: Uint8Array<ArrayBuffer>): void {
  const list = free[level]!;
  if (list.length * buffer.length < KEPT_BYTES) list.push(buffer);
}

/**
 * The size for the next read after one of `count` bytes: larger when it filled the
 * buffer, smaller when it used less than a smaller one holds.
 */
export function nextLevel(level: number, count: number): number {
  if (count === BUFFER_BYTES[level]) return Math.min(level + 1, BUFFER_BYTES.length - 1);
  if (level > 0 && count <= BUFFER_BYTES[level - 1]! / 2) return level - 1;
  return level;
}
