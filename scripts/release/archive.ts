/** A file of an archive. */
export interface ArchiveFile {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly executable?: boolean;
}

const BLOCK = 512;
/** The time of all files, so that equal files give an equal archive: 2000-01-01, in seconds. */
export const EPOCH = 946_684_800;

const encoder = new TextEncoder();

/**
 * Creates a `.tar.gz` of files, with the same bytes each time.
 *
 * Format: POSIX.1-1988 "ustar", which every tar reads.
 *
 * @throws {Error} for a name of more than 100 bytes.
 */
export async function tarGz(files: readonly ArchiveFile[]): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = files.flatMap((file) => [
    header(file),
    file.content,
    new Uint8Array((BLOCK - file.content.length % BLOCK) % BLOCK),
  ]);
  const tar = new Blob([...parts, new Uint8Array(2 * BLOCK)]);
  const packed = tar.stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function header({ name, content, executable }: ArchiveFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => bytes.set(encoder.encode(text), at);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length, "0")}\0`;
  if (encoder.encode(name).length > 100) throw new Error(`the name is too long: ${name}`);
  put(0, name);
  put(100, octal(executable ? 0o755 : 0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(content.length, 11));
  put(136, octal(EPOCH, 11));
  put(148, " ".repeat(8)); // The checksum itself counts as blanks.
  put(156, "0");
  put(257, "ustar\0" + "00");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)} `);
  return bytes;
}
