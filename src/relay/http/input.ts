import type { DuplexStream } from "../data/side.ts";
import { hasBareLineFeed, headEnd, MAX_HEAD_BYTES } from "./framing.ts";
import type { Refusal } from "./rules.ts";

/** Time limit for a request's head from its first byte, in milliseconds. */
export const HEAD_MS = 30_000;

const INPUT_BYTES = 16 * 1024;

/** The bytes of a client that have not been taken. */
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

  /** Valid until the next read. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Whether a read from the client is in progress. */
  get reading(): boolean {
    return this.#reading !== undefined;
  }

  /** Whether the client has ended its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Removes `count` bytes from the front. */
  skip(count: number): void {
    this.#start += count;
  }

  /** Reads more, or waits for the read in progress; false at the client's end. */
  fill(): Promise<boolean> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  /**
   * Reads up to the end of the next request's head, which stays in the input.
   *
   * @param first Whether the time limit starts now instead of with the first byte.
   * @param onLate Called when the time limit has passed.
   * @returns the head, or the reason why it is invalid; undefined at the client's end.
   */
  async head(first: boolean, onLate: () => void): Promise<Uint8Array | Refusal | undefined> {
    let searched = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        const { bytes } = this;
        if (bytes.length > 0 || first) timer ??= setTimeout(onLate, HEAD_MS);
        const end = headEnd(bytes, searched);
        if ((end < 0 ? bytes.length : end) > MAX_HEAD_BYTES) {
          return { status: 431, reason: "the request's head is too long" };
        }
        if (end >= 0) return bytes.subarray(0, end);
        // Some programs accept it as the end of a line, and its sender may wait for a response now.
        if (hasBareLineFeed(bytes, searched)) {
          return { status: 400, reason: "a line feed without carriage return" };
        }
        searched = bytes.length;
        if (await this.fill()) continue;
        return bytes.length > 0
          ? { status: 400, reason: "the request's head has no end" }
          : undefined;
      }
    } finally {
      clearTimeout(timer);
    }
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
