import type { DuplexStream } from "../data/side.ts";

const INPUT_BYTES = 16 * 1024;

/** What a client has sent and nobody has taken yet. */
export class ClientInput {
  readonly #stream: DuplexStream;
  #buffer = new Uint8Array(INPUT_BYTES);
  #start = 0;
  #end = 0;
  #reading: Promise<boolean> | undefined;
  #ended = false;

  constructor(stream: DuplexStream) {
    this.#stream = stream;
  }

  /** Valid until more is read. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Whether a read of the client is under way. */
  get reading(): boolean {
    return this.#reading !== undefined;
  }

  /** Whether the client has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes `count` bytes off the front. */
  skip(count: number): void {
    this.#start += count;
  }

  /** Reads more, or waits for the read that is under way; false at the client's end. */
  fill(): Promise<boolean> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#end === this.#buffer.length) this.#makeRoom();
    const count = await this.#stream.read(this.#buffer.subarray(this.#end));
    if (count === null) this.#ended = true;
    else this.#end += count;
    return count !== null;
  }

  #makeRoom(): void {
    const kept = this.bytes;
    const { length } = this.#buffer;
    this.#buffer = new Uint8Array(this.#start > 0 ? length : length * 2);
    this.#buffer.set(kept);
    this.#start = 0;
    this.#end = kept.length;
  }
}
