/** The longest line that is taken, in characters: a configuration with its certificate. */
const MAX_LINE = 1024 * 1024;

/** The lines of a stream of text; a longer one than is taken ends it. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const text = stream.pipeThrough(
    new TextDecoderStream() as TransformStream<Uint8Array, string>,
  );
  for await (const part of text) {
    rest += part;
    const lines = rest.split("\n");
    rest = lines.pop()!;
    if (rest.length > MAX_LINE) return;
    yield* lines;
  }
}
