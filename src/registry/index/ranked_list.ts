/** An element of a chain, with links to its neighbours. */
export interface Linked<T> {
  better: T | undefined;
  worse: T | undefined;
}

/** Whether a present element stays ahead of an added one. */
export type StaysAhead<T> = (present: T, added: T) => boolean;

/**
 * A linked list in order, best element first. An element may be in only one chain. Adding takes one
 * step for each element that stays ahead of it; all other operations take constant time.
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

  /**
   * Removes an element of this chain. Its link to the worse neighbour stays, for an iteration under
   * way.
   */
  delete(element: T): void {
    if (element.better) element.better.worse = element.worse;
    else this.#best = element.worse;
    if (element.worse) element.worse.better = element.better;
    element.better = undefined;
  }

  /** Iterates from best to worst. The iteration continues when the current element is deleted. */
  *[Symbol.iterator](): Iterator<T> {
    for (let element = this.#best; element; element = element.worse) yield element;
  }
}

interface Node<T> extends Linked<Node<T>> {
  readonly value: T;
}

/**
 * An ordered set, best value first. Adding and deleting cost the same as in a {@link RankedChain}.
 */
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

  /** Iterates from best to worst. */
  *[Symbol.iterator](): Iterator<T> {
    for (const { value } of this.#chain) yield value;
  }
}
