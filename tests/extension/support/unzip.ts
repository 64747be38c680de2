/** A file of a zip archive, by its name; enough for the packages that `vsce` writes. */
export async function unzipped(archive: Uint8Array, name: string): Promise<Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset);
  for (const entry of entries(archive, view)) {
    if (entry.name !== name) continue;
    const { method, size, at } = entry;
    // The header of the file itself has names and extra fields of a different length.
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const bytes = archive.slice(start, start + size);
    if (method === 0) return bytes;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  throw new Error(`the archive has no ${name}`);
}

/** The names of the files in an archive, in its order. */
export function namesIn(archive: Uint8Array): string[] {
  const view = new DataView(archive.buffer, archive.byteOffset);
  return [...entries(archive, view)].map(({ name }) => name);
}

function* entries(archive: Uint8Array, view: DataView) {
  // The end record has no comment.
  const end = archive.length - 22;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + lengths[0]!));
    yield {
      name,
      method: view.getUint16(at + 10, true),
      size: view.getUint32(at + 20, true),
      at: view.getUint32(at + 42, true),
    };
    at += 46 + lengths.reduce((sum, length) => sum + length, 0);
  }
}
