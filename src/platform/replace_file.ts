/** Options of {@link replaceFile} for the new file. */
export interface ReplaceOptions {
  /** The mode of the new file, further restricted by the umask. */
  readonly mode: number;
  /** Called with the new file's name before it replaces the old file. */
  prepare?(temporary: string): void;
}

/**
 * Writes `text` to the file at `path` atomically: a reader finds the old or the new content, even
 * after a crash or on a full disk.
 *
 * A symlink at `path` is replaced, not followed, and the new file is created under a name at which
 * no other user can have put a symlink before, because others may write to the directory.
 *
 * @throws the file system's error, leaving nothing behind.
 */
export function replaceFile(path: string, text: string, { mode, prepare }: ReplaceOptions): void {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  const file = Deno.openSync(temporary, { write: true, createNew: true, mode });
  try {
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } finally {
      file.close();
    }
    prepare?.(temporary);
    Deno.renameSync(temporary, path);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch { /* The directory permits no removal; the first error is reported. */ }
    throw error;
  }
}
