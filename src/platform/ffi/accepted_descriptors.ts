import { boundPathOf, nextDescriptor, openDescriptors, shutdownDescriptor } from "./libc.ts";

/** After stdin, stdout and stderr. */
const FIRST = 3;
/** Maximum number of descriptors of other kinds between two connections. */
const SPAN = 512;

/**
 * Finds the descriptors of the connections that a Unix listener accepts one after another, which
 * the runtime does not reveal.
 *
 * An accepted connection has its listener's name (`getsockname`), and the kernel always assigns the
 * lowest free number. So directly after an accept, the new connection is the lowest unknown
 * descriptor with that name.
 */
export class AcceptedDescriptors {
  #boundPath = "";
  /** The listener's own descriptor has the same name as its connections. */
  #listener: number | undefined;
  readonly #known = new Set<number>();
  /**
   * Descriptors that were released, but that the runtime has not closed yet, with their sockets.
   */
  readonly #closing = new Map<number, string>();
  #lowest = FIRST;
  #expected: number | undefined;

  /** @param listenerBoundPath The path given to `listen`, not the path it was renamed to. */
  constructor(listenerBoundPath: string) {
    this.listenAt(listenerBoundPath);
  }

  /**
   * Called when the listener was replaced by one bound to another path, before it accepts anything.
   */
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
   * Call this directly before an accept where it is worthwhile: a connection that already waits
   * gets the lowest free number, so no search is needed.
   */
  expect(): void {
    this.#expected = nextDescriptor();
  }

  /** The descriptor of the connection accepted last; call this once after each accept. */
  claim(): number | undefined {
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected !== undefined) {
      const found = this.#claimWithin(expected, expected + 1);
      if (found !== undefined) return found;
    }
    // Usually it is the next number; a lower number may have been a file's until just now.
    const above = this.#lowest + this.#known.size + SPAN;
    return this.#claimWithin(this.#lowest, above) ?? this.#claimWithin(FIRST, this.#lowest) ??
      // Many unrelated descriptors (another server's connections) may lie between.
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
      // A number that is being closed is free soon, and is then assigned to the next connection.
      this.#lowest = lowestClosing ?? descriptor + 1;
      return descriptor;
    }
    return undefined;
  }

  /** Ends both directions of an accepted connection, even if an operation on it is blocked. */
  shutdown(descriptor: number): void {
    shutdownDescriptor(descriptor);
  }

  /** Call this when the connection with this descriptor was closed. */
  release(descriptor: number): void {
    this.#known.delete(descriptor);
    // The runtime closes it after the last operation on it has ended, which may be later.
    const number = boundPathOf(descriptor) === this.#boundPath
      ? socketNumber(descriptor)
      : undefined;
    if (number !== undefined) this.#closing.set(descriptor, number);
    if (descriptor < this.#lowest) this.#lowest = descriptor;
  }

  #isClosing(descriptor: number): boolean {
    if (!this.#closing.has(descriptor)) return false;
    if (this.#closing.get(descriptor) === socketNumber(descriptor)) return true;
    // The number was assigned again.
    this.#closing.delete(descriptor);
    return false;
  }
}

/** Distinguishes two sockets that had the same descriptor in turn, where there is a `/proc`. */
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
