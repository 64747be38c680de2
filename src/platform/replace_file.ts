/** How {@link replaceFile} makes the new file. */
export interface ReplaceOptions {
  /** The mode of the new file; what the umask leaves of it. */
  readonly mode: number;
  /** Called with the new file's name before it takes the old one's place. */
  prepare?(temporary: string): void;
}

/**
 * Writes `text` to the file at `path` as a whole: whoever reads it meanwhile, and whoever
 * comes after a crash or on a full disk, finds the old one or the new one.
 *
 * A link at `path` is replaced, not followed, and the new file is made under a name that nobody
 * can have put a link at before: the directory may be one that others write to.
 *
 * @throws what the file system throws; then nothing is left behind.
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
    } catch { /* The directory lets nothing be removed; what went wrong first is told. */ }
    throw error;
  }
}
