interface Node<T> {
  readonly value: T;
  newer: Node<T> | undefined;
  older: Node<T> | undefined;
}

/**
 * An ordered set, newest first. Adding, adding anew (which makes an element the
 * newest) and deleting take constant time, however many there are.
 */
export class RecencyList<T> implements Iterable<T> {
  readonly #nodes = new Map<T, Node<T>>();
  #newest: Node<T> | undefined;

  get size(): number {
    return this.#nodes.size;
  }

  add(value: T): void {
    this.delete(value);
    const node: Node<T> = { value, newer: undefined, older: this.#newest };
    if (this.#newest) this.#newest.newer = node;
    this.#newest = node;
    this.#nodes.set(value, node);
  }

  delete(value: T): boolean {
    const node = this.#nodes.get(value);
    if (!node) return false;
    if (node.newer) node.newer.older = node.older;
    else this.#newest = node.older;
    if (node.older) node.older.newer = node.newer;
    return this.#nodes.delete(value);
  }

  /** Newest first. An element that is deleted meanwhile does not end the iteration. */
  *[Symbol.iterator](): Iterator<T> {
    for (let node = this.#newest; node; node = node.older) yield node.value;
  }
}
