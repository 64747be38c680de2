/** An element of a chain: it carries its neighbours itself. */
export interface Linked<T> {
  newer: T | undefined;
  older: T | undefined;
}

/** Elements in order, newest first; each may be in one chain only. Every change takes constant time. */
export class RecencyChain<T extends Linked<T>> implements Iterable<T> {
  #newest: T | undefined;

  /** Adds an element that is in no chain, as the newest. */
  add(element: T): void {
    element.older = this.#newest;
    if (this.#newest) this.#newest.newer = element;
    this.#newest = element;
  }

  /** Takes out an element of this chain. It still knows its older neighbour, for who iterates. */
  delete(element: T): void {
    if (element.newer) element.newer.older = element.older;
    else this.#newest = element.older;
    if (element.older) element.older.newer = element.newer;
    element.newer = undefined;
  }

  /** Newest first. An element that is deleted meanwhile does not end the iteration. */
  *[Symbol.iterator](): Iterator<T> {
    for (let element = this.#newest; element; element = element.older) yield element;
  }
}

interface Node<T> extends Linked<Node<T>> {
  readonly value: T;
}

/** An ordered set, newest first. Adding, adding anew and deleting take constant time. */
export class RecencyList<T> implements Iterable<T> {
  readonly #nodes = new Map<T, Node<T>>();
  readonly #chain = new RecencyChain<Node<T>>();

  get size(): number {
    return this.#nodes.size;
  }

  /** Adds a value as the newest, also if it is present already. */
  add(value: T): void {
    this.delete(value);
    const node: Node<T> = { value, newer: undefined, older: undefined };
    this.#chain.add(node);
    this.#nodes.set(value, node);
  }

  delete(value: T): boolean {
    const node = this.#nodes.get(value);
    if (node) this.#chain.delete(node);
    return this.#nodes.delete(value);
  }

  /** Newest first. */
  *[Symbol.iterator](): Iterator<T> {
    for (const { value } of this.#chain) yield value;
  }
}
