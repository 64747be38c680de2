/** A longer line is split into pieces, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

export type LineHandler = (
  line: Uint8Array<ArrayBuffer>,
  whole: boolean,
) => void | Promise<void>;

/**
 * Passes each line of a stream of bytes to `handler`, one at a time, and waits for it, so that a
 * fast writer has to wait, too. The bytes are passed unchanged, whatever their encoding, and belong
 * to the handler.
 */
export class OutputLines {
  readonly #handler: LineHandler;
  /** A line whose end has not arrived yet. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(handler: LineHandler) {
    this.#handler = handler;
  }

  /** Processes the next bytes of the stream. */
  async take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const room = MAX_LINE_BYTES - this.#rest.length;
      const end = bytes.indexOf(NEWLINE, at);
      const ends = end >= 0 && end - at <= room;
      const piece = bytes.subarray(at, ends ? end : Math.min(bytes.length, at + room));
      at += piece.length;
      const line = this.#rest.length === 0 ? piece.slice() : joined(this.#rest, piece);
      this.#rest = new Uint8Array(0);
      if (ends) {
        at++;
        await this.#handler(line, true);
      } else if (line.length >= MAX_LINE_BYTES) await this.#handler(line, false);
      else this.#rest = line;
    }
  }

  /** Ends the stream: the rest is passed as the last line. */
  async end(): Promise<void> {
    const line = this.#rest;
    this.#rest = new Uint8Array(0);
    if (line.length > 0) await this.#handler(line, false);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
