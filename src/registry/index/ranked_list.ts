/** An element of a chain: it carries its neighbours itself. */
export interface Linked<T> {
  better: T | undefined;
  worse: T | undefined;
}

/** Whether an element that is there stays ahead of one that is added. */
export type StaysAhead<T> = (present: T, added: T) => boolean;

/**
 * Elements in order, best first; each may be in one chain only. An element is added behind those
 * that stay ahead of it, which takes a step for each of them; everything else takes constant time.
 */
export class RankedChain<T extends Linked<T>> implements Iterable<T> {
  readonly #staysAhead: StaysAhead<T>;
  #best: T | undefined;

  constructor(staysAhead: StaysAhead<T>) {
    this.#staysAhead = staysAhead;
  }

  get best(): T | undefined {
    return this.#best;
  }

  /** Adds an element that is in no chain. */
  add(element: T): void {
    let better: T | undefined;
    let worse = this.#best;
    while (worse && this.#staysAhead(worse, element)) {
      better = worse;
      worse = worse.worse;
    }
    element.better = better;
    element.worse = worse;
    if (better) better.worse = element;
    else this.#best = element;
    if (worse) worse.better = element;
  }

  /** Takes out an element of this chain. It still knows its worse neighbour, for who iterates. */
  delete(element: T): void {
    if (element.better) element.better.worse = element.worse;
    else this.#best = element.worse;
    if (element.worse) element.worse.better = element.better;
    element.better = undefined;
  }

  /** Best first. An element that is deleted meanwhile does not end the iteration. */
  *[Symbol.iterator](): Iterator<T> {
    for (let element = this.#best; element; element = element.worse) yield element;
  }
}

interface Node<T> extends Linked<Node<T>> {
  readonly value: T;
}

/** An ordered set, best first; it adds and deletes as a {@link RankedChain}. */
export class RankedList<T> implements Iterable<T> {
  readonly #nodes = new Map<T, Node<T>>();
  readonly #chain: RankedChain<Node<T>>;

  constructor(staysAhead: StaysAhead<T>) {
    this.#chain = new RankedChain((present, added) => staysAhead(present.value, added.value));
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Adds a value that is not in the list. */
  add(value: T): void {
    const node: Node<T> = { value, better: undefined, worse: undefined };
    this.#chain.add(node);
    this.#nodes.set(value, node);
  }

  delete(value: T): boolean {
    const node = this.#nodes.get(value);
    if (node) this.#chain.delete(node);
    return this.#nodes.delete(value);
  }

  /** Best first. */
  *[Symbol.iterator](): Iterator<T> {
    for (const { value } of this.#chain) yield value;
  }
}
