import { boundPathOf, nextDescriptor, openDescriptors, shutdownDescriptor } from "./libc.ts";

/** After stdin, stdout and stderr. */
const FIRST = 3;
/** How many descriptors of other kinds may lie between two connections. */
const SPAN = 512;

/**
 * Finds the descriptors of the connections a Unix listener accepts, one after
 * another, which the runtime does not tell.
 *
 * An accepted connection has its listener's name (`getsockname`), and the kernel
 * always hands out the lowest free number. So right after an accept the new
 * connection is the lowest descriptor of that name that is not known yet.
 */
export class AcceptedDescriptors {
  #boundPath = "";
  /** The listener's own descriptor has the same name as its connections. */
  #listener: number | undefined;
  readonly #known = new Set<number>();
  /** Released, but not closed by the runtime yet: which socket each of them still is. */
  readonly #closing = new Map<number, string>();
  #lowest = FIRST;
  #expected: number | undefined;

  /** @param listenerBoundPath The path given to `listen`, not the one it was renamed to. */
  constructor(listenerBoundPath: string) {
    this.listenAt(listenerBoundPath);
  }

  /** The listener was replaced by one bound to another path; nothing of it is accepted yet. */
  listenAt(listenerBoundPath: string): void {
    this.#boundPath = listenerBoundPath;
    if (this.#listener !== undefined) this.release(this.#listener);
    for (const descriptor of openDescriptors()) {
      if (boundPathOf(descriptor) !== listenerBoundPath) continue;
      this.#listener = descriptor;
      this.#known.add(descriptor);
    }
  }

  /**
   * To be called right before an accept, where it pays: a connection that waits already
   * gets the lowest free number, and nobody has to look for it.
   */
  expect(): void {
    this.#expected = nextDescriptor();
  }

  /** The descriptor of the connection that was accepted last; call it once after each accept. */
  claim(): number | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected !== undefined) {
      const found = this.#claimWithin(expected, expected + 1);
      if (found !== undefined) return found;
    }
    // Mostly it is the next one up; a lower number may have been a file's until a moment ago.
    const above = this.#lowest + this.#known.size + SPAN;
    return this.#claimWithin(this.#lowest, above) ?? this.#claimWithin(FIRST, this.#lowest) ??
      // Many descriptors of others (another server's connections) may lie between.
      this.#claimWithin(above, highestDescriptor() + 1);
  }

  #claimWithin(from: number, to: number): number | undefined {
    let lowestClosing: number | undefined;
    for (let descriptor = from; descriptor < to; descriptor++) {
      if (this.#known.has(descriptor)) continue;
      if (boundPathOf(descriptor) !== this.#boundPath) continue;
      if (this.#isClosing(descriptor)) {
        lowestClosing ??= descriptor;
        continue;
      }
      this.#known.add(descriptor);
      // A number that is being closed is free soon, and then the next one's.
      this.#lowest = lowestClosing ?? descriptor + 1;
      return descriptor;
    }
    return undefined;
  }

  /** Ends both directions of an accepted connection, whatever is blocked on it. */
  shutdown(descriptor: number): void {
    shutdownDescriptor(descriptor);
  }

  /** Says that the connection with this descriptor was closed. */
  release(descriptor: number): void {
    this.#known.delete(descriptor);
    // The runtime closes it when the last operation on it has ended, which may be later.
    const number = boundPathOf(descriptor) === this.#boundPath
      ? socketNumber(descriptor)
      : undefined;
    if (number !== undefined) this.#closing.set(descriptor, number);
    if (descriptor < this.#lowest) this.#lowest = descriptor;
  }

  #isClosing(descriptor: number): boolean {
    if (!this.#closing.has(descriptor)) return false;
    if (this.#closing.get(descriptor) === socketNumber(descriptor)) return true;
    // The number was handed out again.
    this.#closing.delete(descriptor);
    return false;
  }
}

/** Tells two sockets apart that had the same descriptor one after the other, where `/proc` does. */
function socketNumber(descriptor: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

function highestDescriptor(): number {
  let highest = 0;
  for (const descriptor of openDescriptors()) highest = Math.max(highest, descriptor);
  return highest;
}
