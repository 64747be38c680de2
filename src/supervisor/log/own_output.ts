import { writeAll } from "../../platform/http/mod.ts";

/** So much may wait for a reader before the child has to wait as well, in bytes. */
const MAX_WAITING = 256 * 1024;

/** Where bytes go: our own stdout or stderr. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Our own stdout or stderr, for a child's lines. Whoever reads slowly slows the child down;
 * whoever reads no more (`| head`) does not.
 */
export class OwnOutput {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Uint8Array[] = [];
  #length = 0;
  #writing: Promise<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #given = false;

  constructor(sink: ByteSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** @returns a promise while more has to wait. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#given) return undefined;
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    this.#writing ??= this.#writeWaiting();
    if (this.#length <= MAX_WAITING) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  async #writeWaiting(): Promise<void> {
    try {
      // Lines that come in the same turn go out together.
      await undefined;
      while (this.#waiting.length > 0 && !this.#given) {
        const bytes = joined(this.#waiting);
        this.#waiting = [];
        await writeAll(this.#sink as Deno.Conn, bytes);
        this.#length -= bytes.length;
        if (this.#length <= MAX_WAITING) this.#makeRoom();
      }
    } catch (error) {
      if (!this.#given) this.#onFailure(error);
      this.giveUp();
    } finally {
      this.#writing = undefined;
    }
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    while (this.#writing && !this.#given) await this.#writing;
  }

  /** Nothing more is written, and nobody waits any more. */
  giveUp(): void {
    this.#given = true;
    this.#waiting = [];
    this.#makeRoom();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
